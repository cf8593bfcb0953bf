# frozen_string_literal: true

require "timeout"

module Gitlab
  module Backup
    module Native
      # Puts a dump into a database over several connections: its head over the first, then the plan's steps over all.
      class ParallelLoad
        DEADLOCK = "40P01"
        NO_TABLE = "42P01"
        # For each connection but the first.
        SECONDS = 20
        # How often a statement is run again that was in a deadlock: alone, as far as we are concerned.
        AGAIN = 3

        # database: Database; account: Account to connect as, or nil; jobs: connections at most; monitor: where lines
        # go; analyze: whether to collect statistics of what was loaded.
        def initialize(database, account:, jobs:, monitor:, analyze: true)
          @database = database
          @account = account
          @jobs = jobs
          @monitor = monitor
          @analyze = analyze
        end

        # Integer: connections that loaded, after #call
        attr_reader :connections

        # text: DatabaseText; plan: LoadPlan for it. Returns a Load::Result; yields LoadProgress::Figures. Raises Error
        # when the text was not run to its end; blocks on the server.
        def call(text, plan, &block)
          @text = text
          @results = LoadResults.new
          @progress = LoadProgress.new(&block)
          connected { load(plan) }
          @results.to_result
        end

        private

        def connected
          @sessions = [LoadSession.open(@database, account: @account)]
          yield
        ensure
          @sessions&.each(&:close)
        end

        def load(plan)
          steps = plan.steps
          @results.add(run(first, plan.head))
          analysis = @analyze ? plan.analysis : []
          multiply([*steps.reject(&:alone?).map { |step| step.units.size }, analysis.size].max || 1)
          share_memory
          plan.settings.each { |part| tell_others(part) }
          steps.each { |step| step.alone? ? in_order(step.units) : side_by_side(step.units) }
          first.settle
          analyze(analysis) if analysis.any?
        end

        def first
          @sessions.first
        end

        # As many as are of use, or as the server lets us have.
        def multiply(useful)
          wanted = [@jobs, useful].min
          @sessions << one_more while @sessions.size < wanted
        rescue DatabaseError => e
          @monitor.warn("#{Printable.name(@database.database)} is loaded over #{@sessions.size} of " \
                        "#{Units.count(wanted, "connection")}: #{Printable.line(e.message)}")
        end

        # A pooler that has no session left keeps us waiting, and would for minutes.
        def one_more
          Timeout.timeout(SECONDS, DatabaseError, "no answer within #{SECONDS} seconds") do
            LoadSession.open(@database, account: @account)
          end
        end

        def share_memory
          @connections = @sessions.size
          @sessions.each { |session| session.share(@connections) }
        end

        def in_order(units)
          units.each do |unit|
            unit.parts.each do |part|
              @results.add(run(first, part))
              tell_others(part) if unit.kind == :setting
            end
          end
        end

        # What the first connection was told is said in the report, once.
        def tell_others(part)
          @sessions.drop(1).each { |session| @progress.naming(part) { session.run(part, @text) } }
        end

        def side_by_side(units)
          again = Queue.new
          LoadSchedule.new(units).run(@sessions) do |session, unit|
            parts = unit.parts.drop_while { |part| settled?(run(session, part), part) }
            again << parts if parts.any?
          end
          Array.new(again.size) { again.pop }.sort_by { |parts| parts.first.line }.flatten.each { |part| repeat(part) }
        end

        # False for a deadlock with others, or between ourselves after all: then it is to be run again.
        def settled?(result, part)
          return false if part.statements.one? && result.failures.any? { |failure| failure.sqlstate == DEADLOCK }

          @results.add(result)
        end

        def repeat(part)
          result = nil
          AGAIN.times { settled?(result = run(first, part), part) && return }
          @results.add(result)
        end

        def run(session, part)
          @progress.during(session, part) do |advance|
            session.run(part, @text, &advance)
          end
        end

        # The statistics are no part of the dump: what cannot be analyzed is told, and no more. Of a table that is not
        # there its rows have told.
        def analyze(units)
          results = LoadResults.new
          LoadSchedule.new(units).run(@sessions) do |session, unit|
            unit.parts.each { |part| results.add(run(session, part)) }
          end
          failures = results.to_result.failures.reject { |failure| failure.sqlstate == NO_TABLE }
          return if failures.empty?

          @monitor.warn("#{Printable.name(@database.database)}: #{Units.count(failures.size, "table")} could not be " \
                        "analyzed: #{Printable.line(failures.first.message)}")
        end
      end
    end
  end
end
