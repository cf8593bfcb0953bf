# frozen_string_literal: true

module Bench
  # A few megabytes of text, out of which much larger files are put together: making text
  # costs far more than writing it. A piece is twice as long as the 32 KB a
  # deflate window reaches back, so no compressor ever sees that a piece comes again.
  class Pieces
    LENGTH = 64 * 1024
    COUNT = 256

    # The block makes one line without its end.
    def initialize(text, &line)
      @random = text.random
      @pieces = Array.new(COUNT) { text.lines(LENGTH, &line).freeze }
    end

    # Writes about `size` bytes (whole pieces) to the IO.
    def write(file, size)
      left = size
      while left.positive?
        piece = @pieces.sample(random: @random)
        file.write(piece)
        left -= piece.bytesize
      end
    end

    # All of them in one String, to cut small files from.
    def joined
      @joined ||= @pieces.join
    end
  end
end
