# frozen_string_literal: true

require_relative "pieces"
require_relative "text"

module Bench
  # Text as job logs, JSON exports and source files have it, of a fixed seed.
  class FileText
    # Random that everything below draws from.
    attr_reader :random

    def initialize(seed)
      @text = Text.new(seed)
      @random = @text.random
      @pieces = Pieces.new(@text) { line }
    end

    # Writes about `size` bytes to the IO.
    def write(file, size)
      @pieces.write(file, size)
    end

    # String of exactly `size` bytes, out of the middle.
    def cut(size)
      all = @pieces.joined
      all.byteslice(@random.rand(all.bytesize - size), size)
    end

    # Integer: the size of a file, log-normal; sigma: of the sizes' logarithms. Two even random numbers become a normal
    # one as Box and Muller have it.
    def size(median, sigma)
      normal = Math.sqrt(-2 * Math.log(1 - @random.rand)) * Math.cos(2 * Math::PI * @random.rand)
      (median * Math.exp(sigma * normal)).round
    end

    private

    def line
      case @random.rand(3)
      when 0 then log_line
      when 1 then json_line
      else code_line
      end
    end

    def code_line
      "  #{@text.word}_#{@text.word} = #{@text.word}.#{@text.word}(#{@text.number(100)}) # #{@text.words(5)}"
    end

    def log_line
      "#{@text.time} [#{%w[info warn debug].sample(random: @random)}] #{@text.words(7)} (#{@text.number(10_000)} ms)"
    end

    def json_line
      "{\"id\": #{@text.number(1_000_000)}, \"sha\": \"#{@text.hex(10)}\", \"path\": \"#{@text.word}.rb\", " \
        "\"message\": \"#{@text.words(6)}\", \"created_at\": \"#{@text.time}\"}"
    end
  end
end
