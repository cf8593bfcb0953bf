# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What statements a dump has, by all of its text but the rows that a RowIndex knows of.
      class LoadOutline
        # text: DatabaseText whose parts can be read alone; index: RowIndex
        def initialize(text, index)
          @text = text
          @index = index
        end

        # [Load::Statement] as of Load.contents, or nil when the index is not that of the text. Yields Progress. Raises
        # FormatError for a text that is no whole dump without those rows, and Error for what cannot be read.
        def contents(&block)
          statements = @text.read(ranges: @index.gaps) { |io| Load.contents(io, &block).contents }
          statements && filled(statements)
        end

        private

        # Each with what was left out before it and of it.
        def filled(statements)
          due = @index.rows.dup
          bytes = lines = 0
          statements.each do |statement|
            statement.offset += bytes
            statement.line += lines
            next unless due.any? && ending?(statement, due.first)

            rows = due.shift
            statement.length += rows.length
            statement.rows = rows.rows
            bytes += rows.length
            lines += rows.rows
          end
          statements if due.empty?
        end

        # A COPY without rows where those rows were?
        def ending?(statement, rows)
          statement.kind == :copy && statement.rows.zero? &&
            statement.offset + statement.length == rows.offset + LoadSlices::END_OF_ROWS.bytesize
        end
      end
    end
  end
end
