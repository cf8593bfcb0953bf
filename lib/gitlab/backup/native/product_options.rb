# frozen_string_literal: true

require_relative "codec"

module Gitlab
  module Backup
    module Native
      # How a product is made, whatever it is made of.
      class ProductOptions
        # target, manifest: String paths of the files to make. backup_id, product: how the manifest names what it
        # belongs to (default: target's name). workers: threads that deflate. codec: one of Codec.names, nil for the
        # default; compress: false leaves the bytes as they are.
        #
        # into: an IO open for writing, to whose end the product is appended: then target is but its name in
        # messages. The IO's position is neither used nor changed, and what fails is cut off again. It may be a pipe
        # as well, whose reader learns of no failure.
        # rsyncable: blocks end where the content says so (`gzip --rsyncable`).
        # bytes_per_second: how many bytes may go in a second, before they are compressed; nil for no limit.
        def initialize(target:, manifest:, backup_id:, workers:, product: File.basename(target), codec: nil,
                       compress: true, into: nil, rsyncable: false, bytes_per_second: nil)
          raise ArgumentError, "workers: 1 or more" unless workers.positive?
          raise ArgumentError, "bytes_per_second: 1 or more" unless bytes_per_second.nil? || bytes_per_second.positive?

          @target = target
          @manifest = manifest
          @backup_id = backup_id
          @product = product
          @codec = compress ? codec || Codec.default : nil
          @workers = workers
          @into = into
          @rsyncable = rsyncable
          @bytes_per_second = bytes_per_second
        end

        # Array as the extension takes it.
        def to_core
          [@target, @manifest, @backup_id, @product, @codec, @workers, @into&.fileno, @rsyncable,
           @bytes_per_second]
        end
      end
    end
  end
end
