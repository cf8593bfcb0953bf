# frozen_string_literal: true

require "zlib"

module Gitlab
  module Backup
    module Native
      # What an archive will come to on the disk: by its manifest, or guessed.
      class ArchiveSize
        # What a file system gives at least.
        UNIT = 4096
        # A gzip file ends with the length of what is in it, modulo this.
        LENGTH_MODULUS = 1 << 32
        ZEROS = ("\0" * (1024 * 1024)).freeze

        # What only the command of DECOMPRESS_CMD can tell: not less than it is given.
        Unknown = Struct.new(:bytes) do
          def words = "what its command gives"
          def raw = nil
          def empty? = false
        end

        # place: Place of the archive; manifest: absolute path, or nil. Raises Error.
        def initialize(place, manifest)
          @place = place
          @stored = place.size
          manifest ? read(Manifest.new(manifest)) : guess
        rescue SystemCallError => e
          raise Failure.of("read", place.path, e)
        end

        # Integers: bytes that will be allocated, without holes; bytes of the tar.
        attr_reader :bytes, :raw

        # True if it holds nothing at all, not even the folder itself.
        def empty?
          @entries&.zero? || false
        end

        # "12 files (1.2 GiB)", "uploads.tar.gz (about 3.4 MiB, it has no manifest)"
        def words
          return "#{Units.count(@files, "file")} (#{Units.bytes(@bytes)})" if @files

          "#{File.basename(@place.path)} (about #{Units.bytes(@bytes)}, it has no manifest)"
        end

        private

        def read(manifest)
          @files = @entries = @bytes = @raw = 0
          manifest.each_entry { |entry| count(entry) }
          @bytes = [@bytes - holes(manifest), 0].max
        end

        def count(entry)
          @entries += 1
          @files += 1 if entry.file? || entry.type == "hardlink"
          @bytes += (entry.size + UNIT - 1) / UNIT * UNIT
          @bytes += UNIT if entry.directory?
        end

        # Bytes of the blocks that are nothing but zeros; files of many gigabytes come back with holes.
        def holes(manifest)
          sums = Hash.new { |known, size| known[size] = Zlib.crc32(ZEROS.byteslice(0, size)) }
          manifest.each_block.sum do |block|
            @raw += block.raw_size
            block.raw_crc32 == sums[block.raw_size] ? block.raw_size : 0
          end
        end

        # The smallest length that is not below what it takes compressed.
        def guess
          tail = @place.tail(4)
          raise FormatError.new("#{@place.path} is no gzip file: it is too short", path: @place.path) if tail.size < 4

          @place.check_gzip
          length = tail.unpack1("V")
          length += LENGTH_MODULUS * (@stored - length).fdiv(LENGTH_MODULUS).ceil if length < @stored
          @bytes = @raw = length
        end
      end
    end
  end
end
