# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Cuts the rows of a large table into parts for several connections; the order in which they come to lie in the
      # table is anybody's then. Only what pg_dump writes is cut: a row is a line.
      class LoadSlices
        # What a connection has to do at least.
        LEAST = 32 * 1024 * 1024
        # How much is looked at first to find where a row ends.
        PIECE = 64 * 1024
        FORM = /\ACOPY [^;]+ FROM stdin;\z/n
        END_OF_ROWS = "\\.\n"

        # text: DatabaseText whose parts can be read alone; jobs: parts at most.
        def initialize(text, jobs)
          @text = text
          @jobs = jobs
        end

        # statement: Load::Statement of a COPY. Returns [LoadPart], or nil when it is to stay whole. Raises Error for a
        # dump that cannot be read.
        def of(statement)
          count = [@jobs, statement.length / LEAST].min
          return unless count > 1 && statement.text.match?(FORM)

          first = statement.offset + statement.text.bytesize
          last = statement.offset + statement.length - END_OF_ROWS.bytesize
          return unless read(first, 1) == "\n" && read(last, END_OF_ROWS.bytesize) == END_OF_ROWS

          cut(statement, first + 1, last, count)
        end

        private

        def cut(statement, first, last, count)
          cuts = Array.new(count - 1) { |index| row_after(first + ((last - first) * (index + 1) / count), last) }
          around = ["#{statement.text}\n", END_OF_ROWS]
          [first, *cuts, last].uniq.each_cons(2).map do |from, to|
            LoadPart.new(from, to - from, statement.line, [statement], around)
          end
        end

        # Where the next row begins, or the rows end.
        def row_after(offset, last, piece = PIECE)
          return last if offset >= last

          found = read(offset, [piece, last - offset].min).index("\n")
          found ? offset + found + 1 : row_after(offset + piece, last, piece * 2)
        end

        def read(offset, length)
          @text.read(range: [offset, length], &:read)
        end
      end
    end
  end
end
