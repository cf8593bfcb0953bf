# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Where a product lies: a file of its own (length nil), or `length` bytes of a larger one from `offset` on. name:
      # what messages call it, nil for its path.
      Place = Struct.new(:path, :offset, :length, :name) do
        # What the core's calls want to know besides the path; nothing for a whole file.
        def section
          length ? { offset: offset, length: length, name: name } : {}
        end

        # Integer of bytes. Raises SystemCallError.
        def size
          length || File.size(path)
        end

        # Does it begin as a gzip file does? Raises Error.
        def gzip?
          head(2) == "\x1F\x8B".b
        rescue SystemCallError => e
          raise Failure.of("read", path, e)
        end

        # Raises FormatError when it is no gzip file, which it may have been made not to be.
        def check_gzip
          return if gzip?

          raise FormatError.new("#{Printable.name(name || path)} is no gzip file: if it was made with COMPRESS_CMD, " \
                                "set DECOMPRESS_CMD to the command that reads it, such as \"zstd -dc\"", path: path)
        end

        # FormatError to raise when less came out of it than there should be.
        def cut_off
          FormatError.new("#{Printable.name(path)} ends too early: was it changed meanwhile?", path: path)
        end

        # The last `count` bytes, or as many as there are. Raises SystemCallError.
        def tail(count)
          start = [size - count, 0].max
          bytes(size - start, start)
        end

        # The first bytes, `limit` at most. Raises SystemCallError.
        def head(limit)
          bytes([size, limit].min, 0)
        end

        private

        # Without the kernel's reading ahead: what comes by that would pass for what the server has in the page cache.
        def bytes(length, start)
          File.open(path, "rb") do |file|
            file.advise(:random)
            file.seek((offset || 0) + start)
            file.read(length)
          end
        end
      end
    end
  end
end
