# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The closing table of a run, and the one of `show`.
      #
      # A row is a Hash as summary.json has it (String keys): "title", "status", "files",
      # "raw", "stored", "seconds".
      class ResultTable
        HEADER = %w[component files raw stored ratio seconds].freeze
        ALIGN = [:left, *Array.new(5, :right)].freeze

        def initialize(rows)
          @rows = rows
        end

        # Array of lines without line breaks.
        def lines
          table = Table.new(HEADER, align: ALIGN)
          @rows.each { |row| table << cells(row["title"], row) }
          table << cells("total", total) if @rows.size > 1
          table.lines
        end

        private

        def cells(title, row)
          return [title, "failed", "-", "-", "-", seconds(row)] if row["status"] == "failed"

          [title, row["files"], Units.bytes(row["raw"]), Units.bytes(row["stored"]), ratio(row), seconds(row)]
        end

        def ratio(row)
          row["stored"].positive? && row["raw"].positive? ? format("%.2f", row["raw"].fdiv(row["stored"])) : "-"
        end

        def seconds(row)
          format("%.1f", row["seconds"])
        end

        def total
          kept = @rows.reject { |row| row["status"] == "failed" }
          sums = %w[files raw stored].to_h { |key| [key, kept.sum { |row| row[key] }] }
          sums.merge("seconds" => @rows.sum { |row| row["seconds"] })
        end
      end
    end
  end
end
