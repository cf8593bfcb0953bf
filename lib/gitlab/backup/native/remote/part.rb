# frozen_string_literal: true

require "openssl"

module Gitlab
  module Backup
    module Native
      module Remote
        # Some bytes of a file, as the body of a request: Excon asks for a piece after the
        # other, and each lies in the same buffer. Of a String in memory it would make new ones,
        # as large as several parts before the first is collected.
        class Part
          # As much as a socket mostly takes at once: Excon copies what is left over.
          PIECE = 64 * 1024

          # file: open File, which others may read as well; offset, size: Integers
          def initialize(file, offset, size)
            @file = file
            @offset = offset
            @size = size
            @buffer = String.new(capacity: [PIECE, size].min, encoding: Encoding::BINARY)
            rewind
          end

          # Integer: bytes
          attr_reader :size

          # String: of the whole file; fog looks at its ending
          def path = @file.path

          # Returns the next bytes, at most so many, in a String that the next call takes
          # back; nil at the end. Raises Error when the file has become shorter.
          def read(length)
            wanted = [length, PIECE, @size - @position].min
            return wanted.zero? && length.positive? ? nil : +"" unless wanted.positive?

            @file.pread(wanted, @offset + @position, @buffer)
            @position += @buffer.bytesize
            @buffer
          rescue EOFError
            raise Error.new("#{path} has become shorter while it was uploaded", path: path)
          end

          # From the beginning, for another attempt.
          def rewind
            @position = 0
          end

          # String: MD5 in base64, as the header Content-MD5 has it. Reads all of it.
          def md5
            digest = OpenSSL::Digest.new("MD5")
            rewind
            while (piece = read(PIECE))
              digest << piece
            end
            [digest.digest].pack("m0")
          end
        end
      end
    end
  end
end
