# frozen_string_literal: true

require_relative "extension"
require_relative "product"
require_relative "section"
require_relative "unpacked"

module Gitlab
  module Backup
    module Native
      # Reads a product to its end and tells what is wrong with it; writes nothing.
      #
      # With its manifest: every block's CRC, every member against its entry, every file's SHA-256. Without: gzip's own
      # CRC and the structure of the tar.
      class Verification
        # source: String path of a .tar.gz, .tar or .gz; section: as Section takes it. manifest: path of its manifest,
        # or nil. archive: false for a product that is no tar. workers: threads that inflate and hash.
        def initialize(source:, workers:, manifest: nil, archive: true, **section)
          raise ArgumentError, "workers: 1 or more" unless workers.positive?

          @source = Section.to_core(source, **section)
          @manifest = manifest
          @archive = archive
          @workers = workers
        end

        # Returns an Unpacked with all that was found: damage is no exception. Yields a Progress about five times a
        # second. Raises Error for what cannot be read at all (missing, not allowed, input/output error). Blocks until
        # done, without holding other Ruby threads up.
        def run
          values = _run(@source, @manifest, @archive, @workers) do |*figures|
            yield Progress.new(*figures) if block_given?
          end
          Unpacked.from_core(values)
        end
      end
    end
  end
end
