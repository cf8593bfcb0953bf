# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What the databases of a restore came to: each report told, all of them counted.
      class DatabaseTally
        # SQL errors that are shown while it runs.
        SHOWN = 20

        # Outcome
        attr_reader :outcome

        # job: RestoreJob.
        def initialize(job)
          @monitor = job.monitor
          @tolerant = job.options.tolerate_sql_errors
          @outcome = Outcome.new
        end

        # database: Database; report: DatabaseReport; raw: bytes of SQL; stored: bytes of the dump.
        def add(database, report, raw:, stored:)
          count(raw, stored, report.facts)
          tell(Printable.name(database.database), report)
          note("tolerated SQL error", report.tolerated_count)
          return note("SQL error", report.error_count) if @tolerant

          @outcome.problem_count += report.error_count
          @outcome.problems += report.errors.map { |failure| problem(database, failure) }
        end

        private

        def count(raw, stored, facts)
          @outcome.files += 1
          @outcome.raw += raw
          @outcome.stored += stored
          @outcome.databases << facts if facts
        end

        def note(kind, count)
          @outcome.notes[kind] = @outcome.notes.fetch(kind, 0) + count if count.positive?
        end

        def problem(database, failure)
          Problem.new(kind: "sql", path: database.product, reason: DatabaseReport.words(failure))
        end

        def tell(name, report)
          report.tolerated.each { |line| @monitor.info("#{name}: tolerated: #{line}") }
          shown = report.errors.first(SHOWN)
          shown.each { |failure| @monitor.warn("#{name}: SQL error: #{DatabaseReport.words(failure)}") }
          return unless report.error_count.positive?

          more = report.error_count - shown.size
          told = more.positive? ? "#{Units.count(more, "more SQL error")}; " : ""
          @monitor.warn("#{name}: #{told}tables, rows or indexes may be missing")
        end
      end
    end
  end
end
