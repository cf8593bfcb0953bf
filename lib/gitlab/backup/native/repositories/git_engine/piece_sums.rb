# frozen_string_literal: true

require "zlib"

module Gitlab
  module Backup
    module Native
      class GitEngine
        # The CRC-32 of the parts of a file, one after the other. The parts are small,
        # so the file is read in pieces of many.
        class PieceSums
          PIECE = 1 << 20

          # file: File; position: where the first part begins
          def initialize(file, position)
            @file = file
            @file.seek(position)
            @position = @start = position
            @piece = +""
          end

          # The sum of the part that ends at `ending`. Raises EOFError if the file is shorter.
          def upto(ending)
            sum = 0
            loop do
              stop = [ending, @start + @piece.bytesize].min
              sum = Zlib.crc32(@piece.byteslice(@position - @start, stop - @position), sum)
              @position = stop
              return sum if stop == ending

              refill
            end
          end

          private

          def refill
            @start += @piece.bytesize
            @file.readpartial(PIECE, @piece)
          end
        end
      end
    end
  end
end
