# frozen_string_literal: true

require "tmpdir"

module Gitlab
  module Backup
    module Native
      # An archive that COMPRESS_CMD has packed, as the plain tar that DECOMPRESS_CMD makes of it. A file for the
      # moment: members are read from where they lie, which a pipe cannot give.
      class DecompressedProduct < SourceProduct
        # product: SourceProduct of an archive; command: ShellCommand; directory: existing folder to keep the tar in.
        # Yields the DecompressedProduct. Returns the block's value. Raises Error, also when there is no room.
        def self.open(product, command, directory)
          check_space(product, directory)
          Dir.mktmpdir(Placement::PREFIX, directory) do |folder|
            path = File.join(folder, "#{product.component}.tar")
            Decompression.to_file(product.place, command, path) { |place| yield new(product, place) }
          end
        rescue SystemCallError => e
          raise Failure.of("extract into", directory, e)
        end

        # As far as it is known, else no less than the command is given.
        def self.check_space(product, directory)
          manifest = product.inner_manifest_path
          needed = manifest ? ArchiveSize.new(product.place, manifest).raw : product.place.size
          free = FreeSpace.bytes(directory)
          return if free.nil? || free >= needed

          raise Error.new("too little room in #{Printable.name(directory)} for #{product.component}.tar, which " \
                          "DECOMPRESS_CMD makes first: #{Units.bytes(needed)} needed, #{Units.bytes(free)} " \
                          "available: free some space there, or name another folder with -C", path: directory)
        end
        private_class_method :check_space

        # Place of the tar.
        attr_reader :place

        def initialize(product, place)
          super(product.source, product.component, product.relative, product.manifest_name)
          @place = place
        end

        # What told what is in the product tells where it lies in the tar.
        def manifest_path
          inner_manifest_path
        end
      end
    end
  end
end
