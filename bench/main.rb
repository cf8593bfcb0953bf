# frozen_string_literal: true

# bin/bench, after set-up.

$LOAD_PATH.unshift(File.expand_path("../lib", __dir__))

require "etc"
require "gitlab/backup/native"
require_relative "competitor"
require_relative "document"
require_relative "machine"
require_relative "options"
require_relative "race"
require_relative "report"
require_relative "session"
require_relative "table"
require_relative "workshop"

module Bench
  # The command: measures, or takes what was measured, and tells it in the form that is asked for.
  class Main
    DOCS = File.expand_path("../docs", __dir__)

    # Returns the exit status: 1 when a row misses its target or cannot be measured.
    def self.call(arguments)
      %w[TERM HUP].each { |signal| trap(signal) { raise SignalException, signal } }
      new(Options.new(arguments)).call
    rescue OptionParser::ParseError => e
      complain(e.message, 2)
    rescue Failure, SystemCallError, Gitlab::Backup::Native::Error => e
      complain(e.message, 1)
    rescue SignalException => e
      complain("interrupted", 128 + e.signo)
    end

    def self.complain(text, status)
      warn("bin/bench: #{text}")
      status
    end
    private_class_method :complain

    def initialize(options)
      @options = options
    end

    def call
      return report(@options.from.map { |path| Document.load(path) }) if @options.from.any?

      document = measure
      report([document]) if @options.report
      document.results.any?(&:missed?) ? 1 : 0
    end

    private

    def measure
      codec = Gitlab::Backup::Native::Codec.default
      table = Table.new(@options.json ? $stderr : $stdout)
      table.header
      document = Workshop.open(log: ->(text) { warn("  #{text}") }) do |workshop|
        Document.new(about(codec, workshop), results(codec, workshop, table))
      end
      table.footer(document.results)
      puts document.text if @options.json
      document
    end

    def about(codec, workshop)
      { "date" => Time.now.utc.strftime("%Y-%m-%d"), "codec" => codec, "workers" => Etc.nprocessors,
        "rounds" => @options.rounds, "machine" => Machine.describe(workshop.folder).transform_keys(&:to_s) }
    end

    def results(codec, workshop, table)
      session = Session.new(workshop: workshop, rounds: @options.rounds, codec: codec, virtual: @options.virtual)
      @options.rows.flat_map { |row| row.new.results(session).each { |result| table.add(result) } }
    end

    def report(documents)
      Report.new(documents).write(DOCS)
      0
    end
  end
end

exit Bench::Main.call(ARGV)
