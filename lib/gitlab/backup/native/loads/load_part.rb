# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # A stretch of the text that is run as a whole. statements: [Load::Statement] in it, without gaps; offset, length:
      # its bytes; line: where it begins; around: [String, String] to be run before and behind it, for rows without
      # their COPY.
      LoadPart = Struct.new(:offset, :length, :line, :statements, :around) do
        # statements: one or more that follow each other in the text
        def self.of(statements)
          first, last = statements.values_at(0, -1)
          new(first.offset, last.offset + last.length - first.offset, first.line, statements)
        end

        # All of a text. contents: [Load::Statement], or nil where nobody knows them
        def self.whole(contents)
          contents = Array(contents)
          length = contents.empty? ? 0 : contents.last.offset + contents.last.length
          new(0, length, 1, contents)
        end

        # String, or nil when it has to be read from the dump.
        def text
          statement = statements.first
          statement.text if statements.one? && statement.kind == :sql && statement.text.bytesize == statement.length
        end

        # The Load::Statement that this line of the text belongs to, nil for one before the part.
        def at(line)
          following = statements.bsearch_index { |statement| statement.line > line } || statements.size
          statements[following - 1] if following.positive?
        end
      end
    end
  end
end
