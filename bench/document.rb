# frozen_string_literal: true

require "json"
require_relative "pipeline"
require_relative "result"

module Bench
  # Results with what they were measured on: what `bin/bench --json` prints and `--report` reads. about: Hash of
  # "date", "codec", "workers", "rounds" and "machine".
  class Document
    attr_reader :about, :results

    # Raises Failure for what is no such document.
    def self.load(path)
      fields = JSON.parse(File.read(path))
      new(fields.except("rows"), fields.fetch("rows").map { |row| result(row) })
    rescue JSON::ParserError, KeyError, NoMethodError, TypeError => e
      raise Failure, "#{path} is not what bin/bench --json prints: #{e.message.lines.first&.chomp}"
    end

    def self.result(row)
      Result.new(row: row.fetch("row"), peer: row.fetch("peer"), ours: row["ours_seconds"], theirs: row["peer_seconds"],
                 ratio: row["ratio"], target: row["target"], at_most: row["comparison"] == "at most",
                 **row.slice("flaw", "note", "skipped").transform_keys(&:to_sym))
    end
    private_class_method :result

    def initialize(about, results)
      @about = about
      @results = results
    end

    # String: JSON, several lines of it.
    def text
      JSON.pretty_generate(@about.merge("rows" => @results.map { |result| row(result) }))
    end

    private

    def row(result)
      { row: result.row, peer: result.peer, ours_seconds: result.ours&.round(4), peer_seconds: result.theirs&.round(4),
        ratio: result.ratio&.round(4), target: result.target, comparison: result.at_most ? "at most" : "at least",
        met: result.judged? ? !result.missed? : nil, flaw: result.flaw, note: result.note, skipped: result.skipped }
    end
  end
end
