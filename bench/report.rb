# frozen_string_literal: true

require_relative "chart"
require_relative "document"
require_relative "figures"
require_relative "rows"
require_relative "table"

module Bench
  # docs/performance.md and its chart, of what was measured in one or more sessions.
  class Report
    NAME = "performance"
    ON_DEMAND = "## On demand"
    INTRODUCTION = <<~TEXT
      # Performance

      Every figure is a ratio of two commands run in turn on one machine: A B A B, the best of several rounds of each, both
      writing to the same file system, the page cache warm for both. Two rows are not like that: for tar-create-cold the page
      cache is emptied before each run, and limit compares with twice the speed of the codec's library alone on one core, all in
      memory. `bin/bench` measures again, on yours; this page and its chart are what `bin/bench --report` wrote. A row that
      misses its target says so, and keeps it ([why](adr/0004-what-two-cores-can-do.md)).
    TEXT
    INTRODUCTION_ON_DEMAND = <<~TEXT
      What takes tens of gigabytes or pretends cores that are not there: `bin/bench memory growth` and `bin/bench scaling
      --virtual 64`. A ratio of at most 1 means that the promise (memory, serial work) or the smaller one's pace (growth) is kept.
    TEXT

    TITLE = "What bin/bench measured: ratios against their targets"
    PICTURE = "![Each row's ratio against its target; the table below has the same figures](#{NAME}.svg)\n".freeze

    # documents: Array of Document; a row that is in several of one codec counts as the last one has it. The chart is
    # of the first one's codec.
    def initialize(documents)
      @documents = documents.each_with_index.map do |document, index|
        later = of_codec(document, documents.drop(index + 1)).flat_map(&:results).map(&:row)
        Document.new(document.about, document.results.reject { |result| later.include?(result.row) })
      end
    end

    # Writes both files into the folder. What was measured on demand before stays when these documents have nothing of
    # it; the same holds for the table and its chart. Raises Failure, SystemCallError.
    def write(folder)
      path = "#{folder}/#{NAME}.md"
      parts = [main_part, on_demand_part].zip(before(path)).map { |new, old| new || old }
      File.write("#{folder}/#{NAME}.svg", Chart.new(charted, TITLE).svg) if main_part
      File.write(path, parts.compact.map(&:strip).join("\n\n") << "\n")
    end

    private

    # String, or nil when nothing of it was measured: likewise the next.
    def main_part
      text = sections(on_demand: false)
      "#{INTRODUCTION}\n#{PICTURE}\n#{text}" if text
    end

    def on_demand_part
      text = sections(on_demand: true)
      "#{ON_DEMAND}\n\n#{INTRODUCTION_ON_DEMAND}\n#{text}" if text
    end

    # Both parts as they are in the file.
    def before(path)
      return [INTRODUCTION, nil] unless File.exist?(path)

      text = File.read(path, encoding: "UTF-8")
      place = text.index("#{ON_DEMAND}\n")
      place ? [text[0...place], text[place..]] : [text, nil]
    end

    def of_codec(document, documents)
      documents.select { |other| other.about["codec"] == document.about["codec"] }
    end

    def charted
      results(of_codec(@documents.first, @documents), on_demand: false)
    end

    def results(documents, on_demand:)
      documents.flat_map { |document| chosen(document, on_demand) }.sort_by.with_index do |result, index|
        [Rows::ORDER.index(result.row) || Rows::ORDER.size, index]
      end
    end

    def chosen(document, on_demand)
      document.results.select { |result| Rows.on_demand?(result.row) == on_demand }
    end

    # A table for each day and machine; nil if there are no such rows.
    def sections(on_demand:)
      parts = @documents.group_by { |document| machine(document.about) }.filter_map do |line, documents|
        found = results(documents, on_demand: on_demand)
        "#{line}\n\n#{table(found)}\n#{Table.summary(found)}.\n" unless found.empty?
      end
      parts.join("\n") unless parts.empty?
    end

    def machine(about)
      machine = about.fetch("machine").transform_keys(&:to_s)
      format("Measured on %<date>s, %<rounds>d rounds, codec %<codec>s: %<cores>d cores of %<cpu>s, %<memory>s of " \
             "memory, %<kernel>s, %<file_system>s, Ruby %<ruby>s.",
             **about.slice("date", "rounds", "codec").merge(machine).transform_keys(&:to_sym))
    rescue KeyError, NoMethodError => e
      raise Failure, "these results do not say where they were measured (#{e.message.lines.first.chomp}): " \
                     "make them with bin/bench --json"
    end

    def table(results)
      lines = results.map { |result| "| #{cells(result).map { |cell| cell.gsub("|", "\\|") }.join(" | ")} |\n" }
      "| row | against | ours, s | theirs, s | ratio | target | | |\n|---|---|--:|--:|--:|--:|---|---|\n#{lines.join}"
    end

    def cells(result)
      [result.row, result.peer, Figures.seconds(result.ours), Figures.seconds(result.theirs), Figures.ratio(result),
       Figures.target(result, at_least: "≥ ", at_most: "≤ "), result.missed? ? "**MISSED**" : result.verdict,
       Figures.remarks(result)]
    end
  end
end
