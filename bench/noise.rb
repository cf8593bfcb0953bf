# frozen_string_literal: true

module Bench
  # Random bytes, as encrypted or compressed files look.
  class Noise
    BYTES = 400_000_000
    SEED = 20_260_102
    CHUNK = 1_000_000

    def self.write(path)
      File.open(path, "wb") { |file| new(Random.new(SEED)).write(file, BYTES) }
    end

    def initialize(random)
      @random = random
    end

    # Writes `size` bytes to the IO.
    def write(file, size)
      (size / CHUNK).times { file.write(@random.bytes(CHUNK)) }
      file.write(@random.bytes(size % CHUNK))
    end
  end
end
