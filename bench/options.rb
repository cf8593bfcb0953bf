# frozen_string_literal: true

require "optparse"
require_relative "rows"

module Bench
  # What the command line says. rows: Array of classes; rounds: runs of each competitor; json, report: form of the
  # results; from: paths of earlier results to report on instead of measuring; virtual: cores to pretend, or nil.
  class Options
    LEAST_ROUNDS = 3
    MOST_CORES = 1024

    attr_reader :rows, :rounds, :json, :report, :from, :virtual

    # Raises OptionParser::ParseError.
    def initialize(arguments)
      @rounds = LEAST_ROUNDS
      @from = []
      @rows = Rows.choose(parser.parse(arguments)) { |names| refuse("no row of that name: #{names.join(", ")}") }
      refuse("--from is for --report") if @from.any? && !@report
      refuse("--virtual is for the row scaling alone") if @virtual && @rows != [Scaling]
    end

    private

    def parser
      OptionParser.new do |options|
        options.banner = "usage: bin/bench [--json] [--report] [--rounds N] [NAME...]"
        options.separator("Rows: #{names(Rows::TABLE)}; only when named: #{names(Rows::ON_DEMAND)}. " \
                          "GBN_CODEC=zlib measures the build's zlib.")
        options.on("--json", "one JSON document instead of a table") { @json = true }
        options.on("--rounds N", Integer, "runs of each, at least #{LEAST_ROUNDS}") { |n| @rounds = enough(n) }
        options.on("--virtual N", Integer, "scaling: on N cores that are slept, not there") { |n| @virtual = cores(n) }
        options.on("--report", "write docs/performance.md and its chart as well") { @report = true }
        options.on("--from FILE", "report on what --json gave, instead of measuring; again for more") do |path|
          @from << path
        end
      end
    end

    def names(rows)
      rows.map { |row| row::NAME }.join(", ")
    end

    def enough(count)
      count >= LEAST_ROUNDS ? count : refuse("fewer than #{LEAST_ROUNDS} rounds say nothing")
    end

    def cores(count)
      count.between?(1, MOST_CORES) ? count : refuse("1 to #{MOST_CORES} cores can be pretended")
    end

    def refuse(text)
      raise OptionParser::InvalidArgument, text
    end
  end
end
