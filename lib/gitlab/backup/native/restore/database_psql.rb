# frozen_string_literal: true

require "securerandom"

module Gitlab
  module Backup
    module Native
      # Puts the SQL of a dump into a database through psql, as GitLab does (DB_LOADER=psql). In
      # psql's restricted mode, whose key nobody knows, no command that a dump may hold runs.
      class DatabasePsql
        ARGUMENTS = %w[-X -q -v VERBOSITY=verbose -f -].freeze
        # "psql:<stdin>:12: ERROR:  42P01: relation ... does not exist"; the first word is in the server's language.
        REFUSAL = /\A(?:psql:.*?:(?<line>\d+): )?(?<severity>[^\s:]+):\s+(?<sqlstate>[0-9A-Z]{5}): (?<message>.*)/
        # Not errors; by SQLSTATE: success, warning, no data.
        MILD = /\A(?:WARNING|NOTICE|INFO|LOG|DEBUG\d?)\z/
        FINE = /\A0[0-2]/
        # As GitLab's restore, which knows no statements: whose it is, or which role it wants.
        NOT_OWNER = /must be owner of|must be able to SET ROLE/i
        MAX_ERRORS = 1000

        # Raises Error when there is no psql that can be trusted with a dump.
        def self.find(instance)
          path = Executables.all("psql", install: instance.install_path).first
          raise Error, "DB_LOADER=psql: psql not found in PATH: install PostgreSQL's client programs" unless path

          help, = Child.capture([path, "--help=commands"], account: instance.account)
          return path if help.include?("\\restrict ")

          raise Error, "DB_LOADER=psql: #{path} has no restricted mode, so it could run commands planted in a dump: " \
                       "install a newer psql, or go without DB_LOADER"
        end

        # database: Database; account: Account to run it as, or nil; path: of psql.
        def initialize(database, account:, path:)
          @database = database
          @account = account
          @path = path
        end

        # As DatabaseLoader#call; the report's failures have lines, but no statements.
        def call(text)
          failures = []
          status = text.read(first: "\\restrict #{SecureRandom.alphanumeric(63)}\n") { |io| run(io, failures) }
          return report(failures) if status.success?

          raise DatabaseError, "psql #{ending(status)}#{": #{Printable.line(@words)}" if @words}"
        end

        private

        # Its input has to be its alone: if it dies, writing must fail.
        def run(input, failures)
          errors, writer = IO.pipe(binmode: true)
          options = { env: environment, account: @account, stdin: input, stderr: writer }
          Child.start([@path, *ARGUMENTS], **options) do |child|
            [input, writer].each(&:close)
            errors.each_line { |line| note(line, failures) }
            child.wait
          end
        ensure
          [errors, writer].compact.each(&:close)
        end

        def environment
          @database.tool_environment.merge("PGDATABASE" => @database.database)
        end

        def note(line, failures)
          line = line.dup.force_encoding(Encoding::UTF_8).scrub
          found = REFUSAL.match(line)
          return @words = line unless found
          return if found[:severity].match?(MILD) || found[:sqlstate].match?(FINE)

          failures << Load::Failure.new(found[:sqlstate], found[:message].strip, "", found[:line].to_i - 1)
        end

        def ending(status)
          return "was killed by SIG#{Signal.signame(status.termsig)}" if status.signaled?

          "ended with status #{status.exitstatus}"
        end

        def report(failures)
          fine, bad = failures.partition { |failure| tolerable?(failure) }
          DatabaseReport.new(errors: bad.first(MAX_ERRORS), error_count: bad.size, tolerated_count: fine.size,
                             tolerated: fine.map { |failure| Printable.line(failure.message) }.uniq.first(MAX_ERRORS))
        end

        def tolerable?(failure)
          return failure.message.match?(NOT_OWNER) if failure.sqlstate == DatabaseTolerance::PERMISSION

          DatabaseTolerance.cover?(failure.sqlstate, "")
        end
      end
    end
  end
end
