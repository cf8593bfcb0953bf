# frozen_string_literal: true

module Bench
  # Words, numbers and digests of a fixed seed, mixed as GitLab's rows and files mix them,
  # so that they compress like the real thing: to a little less than half by `gzip -1`.
  class Text
    SYLLABLES = %w[ac al an ar be ca ce co da de do el en er es ex fi ge gi ha in is it ka la li lo ma me mi mo na ne
                   no nu ob on or pa pe po ra re ri ro sa se si so st ta te ti to tra ul un ur va ve vi wa we].freeze
    VOCABULARY = 4000

    attr_reader :random

    def initialize(seed)
      @random = Random.new(seed)
      @words = Array.new(VOCABULARY) { Array.new(@random.rand(1..4)) { SYLLABLES.sample(random: @random) }.join }
    end

    # Few words are used often, many seldom, as in any language.
    def word
      @words[((@random.rand**2.2) * VOCABULARY).to_i]
    end

    def words(count)
      Array.new(count) { word }.join(" ")
    end

    def number(max)
      @random.rand(max)
    end

    def time
      seconds = @random.rand(86_400)
      format("2026-%02d-%02d %02d:%02d:%02d.%06d", @random.rand(1..12), @random.rand(1..28), seconds / 3600,
             seconds / 60 % 60, seconds % 60, @random.rand(1_000_000))
    end

    # `bytes` random bytes, as hexadecimal digits.
    def hex(bytes)
      @random.bytes(bytes).unpack1("H*")
    end

    # Whole lines, as the block makes them, of `size` bytes and a bit.
    def lines(size)
      text = +""
      text << yield << "\n" while text.bytesize < size
      text
    end
  end
end
