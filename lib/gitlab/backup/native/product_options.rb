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
        def initialize(target:, manifest:, backup_id:, workers:, product: File.basename(target), codec: nil,
                       compress: true, into: nil, rsyncable: false)
          raise ArgumentError, "workers: 1 or more" unless workers.positive?

          @target = target
          @manifest = manifest
          @backup_id = backup_id
          @product = product
          @codec = compress ? codec || Codec.default : nil
          @workers = workers
          @into = into
          @rsyncable = rsyncable
        end

        # Array as the extension takes it.
        def to_core
          [@target, @manifest, @backup_id, @product, @codec, @workers, @into&.fileno, @rsyncable]
        end
      end
    end
  end
end
