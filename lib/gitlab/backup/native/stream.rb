# frozen_string_literal: true

require_relative "product"
require_relative "product_options"

module Gitlab
  module Backup
    module Native
      # What a pipe delivers as one `.gz` with its manifest.
      class Stream
        # io: an IO open for reading; it is read to its end and stays open.
        # target, manifest: String paths of the files to make; neither may exist.
        # backup_id, product: how the manifest names what it belongs to (default: target's name).
        # workers: threads that deflate. codec: one of Codec.names, nil for the default. into, rsyncable:
        # see ProductOptions.
        def initialize(io:, target:, manifest:, backup_id:, workers:, **options)
          @io = io
          @options = ProductOptions.new(target: target, manifest: manifest, backup_id: backup_id, workers: workers,
                                        **options)
        end

        # Makes both files and returns a Product (without members or notes). Yields a
        # Progress about five times a second. Raises as Archive#run does. A stream that
        # merely ends is complete: whether its writer ended well is for the caller to see.
        # Blocks until the end of the input, without holding other Ruby threads up.
        def run
          values = _run(@io.fileno, @options.to_core) do |*figures|
            yield Progress.new(*figures) if block_given?
          end
          Product.from_core(values)
        end
      end
    end
  end
end
