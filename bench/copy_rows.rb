# frozen_string_literal: true

require_relative "pieces"
require_relative "text"

module Bench
  # The corpus "rows": what `COPY ... TO STDOUT` prints of a table of GitLab's kind.
  class CopyRows
    BYTES = 400_000_000
    SEED = 20_260_101

    def self.write(path)
      new.write(path)
    end

    def initialize
      @text = Text.new(SEED)
      @id = 0
    end

    def write(path)
      pieces = Pieces.new(@text) { row }
      File.open(path, "wb") { |file| pieces.write(file, BYTES) }
    end

    private

    def row
      @id += 1
      [@id, @text.number(90_000), @text.word, @text.words(9), json, @text.time, @text.time, @text.hex(32)].join("\t")
    end

    def json
      "{\"action\": \"#{@text.word}\", \"author\": \"#{@text.word}\", \"entity_id\": #{@text.number(1_000_000)}, " \
        "\"ip\": \"10.#{@text.number(256)}.#{@text.number(256)}.#{@text.number(256)}\", \"labels\": " \
        "[\"#{@text.word}\", \"#{@text.word}\"], \"target\": \"#{@text.words(3)}\"}"
    end
  end
end
