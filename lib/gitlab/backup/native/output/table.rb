# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Rows of text in columns: the first left, the others as `align` says.
      class Table
        # `align` has :left or :right for each column.
        def initialize(header, align:)
          @rows = [header]
          @align = align
        end

        def <<(row)
          @rows << row.map(&:to_s)
          self
        end

        # Array of lines without line breaks.
        def lines
          widths = @rows.transpose.map { |column| column.map(&:size).max }
          @rows.map { |row| row.zip(widths, @align).map { |cell| pad(*cell) }.join("  ").rstrip }
        end

        private

        def pad(cell, width, align)
          align == :right ? cell.rjust(width) : cell.ljust(width)
        end
      end
    end
  end
end
