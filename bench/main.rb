# frozen_string_literal: true

# bin/bench, after set-up.

$LOAD_PATH.unshift(File.expand_path("../lib", __dir__))

require "etc"
require "optparse"
require "gitlab/backup/native"
require_relative "competitor"
require_relative "race"
require_relative "session"
require_relative "table"
require_relative "workshop"
require_relative "rows/gzip_stream"
require_relative "rows/gzip_random"
require_relative "rows/gunzip"
require_relative "rows/tar_create"
require_relative "rows/tar_create_cold"
require_relative "rows/tar_again"
require_relative "rows/tar_extract"
require_relative "rows/tar_extract_foreign"
require_relative "rows/verify"
require_relative "rows/extract_one"
require_relative "rows/db_dump"
require_relative "rows/db_restore"
require_relative "rows/repos"
require_relative "rows/backup_all"
require_relative "rows/memory"
require_relative "rows/start_up"
require_relative "rows/limit"
require_relative "rows/scaling"
require_relative "rows/floor"

module Bench
  # The command: which rows, how often, in what form.
  class Main
    ROWS = [GzipStream, GzipRandom, Gunzip, TarCreate, TarCreateCold, TarAgain, TarExtract, TarExtractForeign, Verify,
            ExtractOne, DbDump, DbRestore, Repos, BackupAll, Memory, StartUp, Limit, Scaling, Floor].freeze
    LEAST_ROUNDS = 3

    # Returns the exit status: 1 when a row misses its target or cannot be measured.
    def self.call(arguments)
      %w[TERM HUP].each { |signal| trap(signal) { raise SignalException, signal } }
      new(arguments).call
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

    def initialize(arguments)
      @rounds = LEAST_ROUNDS
      @json = false
      @rows = choose(parser.parse(arguments))
    end

    def call
      codec = Gitlab::Backup::Native::Codec.default
      @output = @json ? json(codec) : Table.new($stdout)
      @output.header
      results = measure(codec)
      @output.footer(results)
      results.any?(&:missed?) ? 1 : 0
    end

    private

    def parser
      OptionParser.new do |options|
        options.banner = "usage: bin/bench [--json] [--rounds N] [NAME...]"
        options.separator("Rows: #{ROWS.map { |row| row::NAME }.join(", ")}. GBN_CODEC=zlib measures the build's zlib.")
        options.on("--json", "one JSON document instead of a table") { @json = true }
        options.on("--rounds N", Integer, "runs of each, at least #{LEAST_ROUNDS}") { |n| @rounds = rounds(n) }
      end
    end

    def rounds(number)
      return number if number >= LEAST_ROUNDS

      raise OptionParser::InvalidArgument, "fewer than #{LEAST_ROUNDS} say nothing"
    end

    def choose(names)
      unknown = names - ROWS.map { |row| row::NAME }
      raise OptionParser::InvalidArgument, "no row of that name: #{unknown.join(", ")}" unless unknown.empty?

      names.empty? ? ROWS : ROWS.select { |row| names.include?(row::NAME) }
    end

    def json(codec)
      JsonDocument.new($stdout, codec: codec, workers: Etc.nprocessors, rounds: @rounds)
    end

    def measure(codec)
      log = ->(text) { warn("  #{text}") }
      Workshop.open(log: log) do |workshop|
        session = Session.new(workshop: workshop, rounds: @rounds, codec: codec)
        @rows.flat_map { |row| row.new.results(session).each { |result| @output.add(result) } }
      end
    end
  end
end

exit Bench::Main.call(ARGV)
