# frozen_string_literal: true

require "tmpdir"

module Gitlab
  module Backup
    module Native
      # A product that COMPRESS_CMD has packed, as the plain tar or SQL text that DECOMPRESS_CMD makes of it. A file for
      # the moment: members are read from where they lie, which a pipe cannot give.
      class DecompressedProduct < SourceProduct
        # product: SourceProduct; command: ShellCommand, nil for a product that needs none; into: existing folder to
        # keep the file in, nil for one of TMPDIR. Yields the DecompressedProduct, or the product. Returns the block's
        # value. Raises Error, also when there is no room.
        def self.open(product, command, into: nil, &block)
          command ? make(product, command, into, &block) : yield(product)
        end

        def self.make(product, command, into)
          directory = into || Dir.tmpdir
          check_space(product, directory, into ? "with -C" : "in TMPDIR")
          Dir.mktmpdir(into ? Placement::PREFIX : "gbn-", directory) do |folder|
            path = File.join(folder, name(product))
            Decompression.to_file(product.place, command, path) { |place| yield new(product, command, place) }
          end
        rescue FormatError => e
          raise FormatError.new("#{e.message}; #{doubt(command)}", path: e.path)
        rescue SystemCallError => e
          raise Failure.of("write to", directory, e)
        end
        private_class_method :make

        # String: what to ask when what came out is not what it should be.
        def self.doubt(command)
          "is '#{Printable.line(command.text)}' the command that reads it?"
        end

        # "uploads.tar", "database.sql"
        def self.name(product)
          File.basename(product.relative, Manifest::PACKED)
        end
        private_class_method :name

        # As far as it is known, else no less than the command is given.
        def self.check_space(product, directory, elsewhere)
          manifest = product.inner_manifest_path
          needed = manifest ? ArchiveSize.new(product.place, manifest).raw : product.place.size
          free = FreeSpace.bytes(directory)
          return if free.nil? || free >= needed

          raise Error.new("too little room in #{Printable.name(directory)} for #{name(product)}, which " \
                          "DECOMPRESS_CMD makes first: #{Units.bytes(needed)} needed, #{Units.bytes(free)} " \
                          "available: free some space there, or name another folder #{elsewhere}", path: directory)
        end
        private_class_method :check_space

        # Place of the file.
        attr_reader :place

        def initialize(product, command, place)
          super(product.source, product.component, product.relative, product.manifest_name)
          @command = command
          @place = place
        end

        def advice
          DecompressedProduct.doubt(@command)
        end

        def in_backup?
          false
        end

        # That of what was packed tells where all of it lies in what has come out.
        def manifest_path
          inner_manifest_path
        end
      end
    end
  end
end
