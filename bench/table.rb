# frozen_string_literal: true

require "json"

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
      print_line(result.row, result.peer, seconds(result.ours), seconds(result.theirs), ratio(result), target(result),
                 result.verdict, [result.skipped, result.flaw, result.note].compact.join("; "))
    end

    # results: all of them, for the last line.
    def footer(results)
      missed = results.count(&:missed?)
      skipped = results.count(&:skipped)
      judged = results.count(&:judged?)
      @output.puts("#{judged - missed} of #{judged} met#{", #{skipped} skipped" if skipped.positive?}")
    end

    private

    def print_line(*cells)
      @output.puts(format(LINE, *cells).rstrip)
      @output.flush
    end

    def seconds(value)
      return "-" unless value

      format(value < 1 ? "%.3f" : "%.2f", value)
    end

    def ratio(result)
      result.ratio ? format("%.2fx", result.ratio) : "-"
    end

    def target(result)
      return "-" unless result.target

      format(result.at_most ? "<=%.4gx" : ">=%.4gx", result.target)
    end
  end

  # Results as one JSON document at the end.
  class JsonDocument
    def initialize(output, **about)
      @output = output
      @about = about
    end

    def header; end

    def add(_result); end

    def footer(results)
      @output.puts(JSON.pretty_generate(@about.merge(rows: results.map { |result| row(result) })))
    end

    private

    def row(result)
      { row: result.row, peer: result.peer, ours_seconds: result.ours&.round(4), peer_seconds: result.theirs&.round(4),
        ratio: result.ratio&.round(4), target: result.target, comparison: result.at_most ? "at most" : "at least",
        met: result.judged? ? !result.missed? : nil, flaw: result.flaw, note: result.note, skipped: result.skipped }
    end
  end
end
