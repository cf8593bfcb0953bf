# frozen_string_literal: true

require_relative "codec"
require_relative "product"
require_relative "section"

module Gitlab
  module Backup
    module Native
      # What a `.gz` holds, written to an IO or only checked.
      class Inflate
        # source: String path of a gzip file of any origin; section: as Section takes it. manifest: path of the manifest
        # that belongs to it, nil if there is none. io: an IO open for writing, which stays open; nil only checks.
        # workers: threads that inflate (one does without a manifest). range: [offset, length] of the bytes of the
        # content that are wanted (nil: all); with a manifest no others are inflated, nor is looked at what follows.
        def initialize(source:, workers:, manifest: nil, io: nil, range: nil, **section)
          raise ArgumentError, "workers: 1 or more" unless workers.positive?

          @source = Section.to_core(source, **section)
          @manifest = manifest
          @io = io
          @workers = workers
          @from, length = range || [0, 0]
          @to = @from + length
        end

        # Returns how many bytes came out. Yields a Progress about five times a second. Raises
        # FormatError for damage, with the bytes of the file it is in, and Error for what cannot be read or
        # written; what was written until then is not to be used. Blocks without holding other
        # Ruby threads up.
        def run
          @io&.flush
          _run(@source, @manifest, @io&.fileno, @workers, @from, @to) do |*figures|
            yield Progress.new(*figures) if block_given?
          end
        end
      end
    end
  end
end
