# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The closing table of a run, and the one of `show`.
      #
      # A row is a Hash as summary.json has it (String keys): "title", "status", "files",
      # "raw", "stored", "seconds"; and "reused_raw" if some of it came from an earlier backup.
      class ResultTable
        HEADER = %w[component files raw stored ratio seconds].freeze
        # The column that is there when a component reused something.
        REUSED = "reused"

        def initialize(rows)
          @rows = rows
          @reusing = rows.any? { |row| row["reused_raw"].to_i.positive? }
        end

        # Array of lines without line breaks.
        def lines
          header = @reusing ? HEADER.dup.insert(3, REUSED) : HEADER
          table = Table.new(header, align: [:left, *Array.new(header.size - 1, :right)])
          @rows.each { |row| table << cells(row["title"], row) }
          table << cells("total", total) if @rows.size > 1
          table.lines
        end

        private

        def cells(title, row)
          return [title, "failed", *reused("-"), "-", "-", "-", seconds(row)] if row["status"] == "failed"

          [title, row["files"], Units.bytes(row["raw"]), *reused(Units.bytes(row["reused_raw"].to_i)),
           Units.bytes(row["stored"]), ratio(row), seconds(row)]
        end

        def reused(cell)
          @reusing ? [cell] : []
        end

        def ratio(row)
          row["stored"].positive? && row["raw"].positive? ? format("%.2f", row["raw"].fdiv(row["stored"])) : "-"
        end

        def seconds(row)
          format("%.1f", row["seconds"])
        end

        def total
          kept = @rows.reject { |row| row["status"] == "failed" }
          sums = %w[files raw stored reused_raw].to_h { |key| [key, kept.sum { |row| row[key].to_i }] }
          sums.merge("seconds" => @rows.sum { |row| row["seconds"] })
        end
      end
    end
  end
end
