# frozen_string_literal: true

require_relative "figures"

module Bench
  # Results as a table that grows line by line.
  class Table
    LINE = "%-16s %-22s %8s %8s %8s %8s  %-7s  %s"

    def initialize(output)
      @output = output
    end

    def header
      print_line("row", "peer", "ours s", "peer s", "ratio", "target", "", "")
    end

    def add(result)
      print_line(result.row, result.peer, Figures.seconds(result.ours), Figures.seconds(result.theirs),
                 Figures.ratio(result), Figures.target(result), result.verdict, Figures.remarks(result))
    end

    # results: all of them, for the last line.
    def footer(results)
      @output.puts(self.class.summary(results))
    end

    # "17 of 20 met, 1 skipped"
    def self.summary(results)
      missed, skipped, judged = %i[missed? skipped judged?].map { |property| results.count(&property) }
      "#{judged - missed} of #{judged} met#{", #{skipped} skipped" if skipped.positive?}"
    end

    private

    def print_line(*cells)
      @output.puts(format(LINE, *cells).rstrip)
      @output.flush
    end
  end
end
