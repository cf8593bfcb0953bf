# frozen_string_literal: true

require_relative "extension"
require_relative "product"
require_relative "section"

module Gitlab
  module Backup
    module Native
      # Makes a Manifest of an archive that came without one, by reading all of it: what is in it, with a hash for each
      # file. For looking and comparing; Extraction has no use for it.
      class Scan
        # source: String path of a .tar.gz or .tar; section: as Section takes it. manifest: path of the file to make.
        # backup_id, product: how the manifest names what it belongs to.
        def initialize(source:, manifest:, backup_id:, product: File.basename(source), **section)
          @source = Section.to_core(source, **section)
          @manifest = manifest
          @backup_id = backup_id
          @product = product
        end

        # Makes the file, complete or not at all. Yields a Progress about five times a second. Raises FormatError for a
        # damaged archive, Error, or whatever interrupts the waiting thread. Blocks until done, without holding other
        # Ruby threads up.
        def run
          _run(@source, @manifest, @backup_id, @product) { |*figures| yield Progress.new(*figures) if block_given? }
          nil
        end
      end
    end
  end
end
