# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What the tables of a dump come to.
      class DumpTally
        LARGEST = 5

        # tables: [Dump::Table]
        def initialize(tables)
          @tables = tables
          @counts = []
        end

        # Array of what Dump#tallies returns.
        attr_writer :counts

        # Integer: ranges they are cut into.
        def chunks
          @chunks ||= @tables.sum { |table| ranges(table) }
        end

        # [[name, rows, bytes]] of the largest.
        def largest
          sized = @tables.zip(@counts).map { |table, (rows, bytes)| [table.name, rows.to_i, bytes.to_i] }
          sized.reject { |_, rows, _| rows.zero? }.max_by(LARGEST, &:last)
        end

        # String: the table with that number, and how far it is; nil when there is none.
        def position(number)
          table = @tables[number] or return
          rows, bytes = @counts[number]
          "#{Printable.name(table.name)}: #{Units.count(rows.to_i, "row")}, #{Units.bytes(bytes.to_i)}"
        end

        private

        def ranges(table)
          return table.copy ? 1 : 0 unless table.step.to_i.positive?

          table.blocks.fdiv(table.step).ceil
        end
      end
    end
  end
end
