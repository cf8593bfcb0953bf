# frozen_string_literal: true

require "delegate"

module Gitlab
  module Backup
    module Native
      # The TaskLog of a restore: what a reporter has to say about it in the words of GitLab's task.
      class RestoreLog < SimpleDelegator
        # Problems of one component that get a line.
        LISTED_PROBLEMS = TaskLog::LISTED_PROBLEMS

        def component_started(component)
          info("Restoring #{TaskNames.of(component)} ... ")
        end

        # Not as asked: those are passed over in silence.
        def component_skipped(component, reason)
          warning("Restoring #{TaskNames.of(component)} ... [SKIPPED]: #{reason}")
        end

        def component_ended(result)
          name = TaskNames.of(result.component)
          return error("Restoring #{name} failed: #{result.error.message}") if result.failed?

          info("#{name}: #{NoteWords.of(result.outcome.notes)}") unless result.outcome.notes.empty?
          LargestTables.of(result.outcome).sentences.each { |sentence| info("#{name}: #{sentence}") }
          result.component.id == "db" ? tell_sql(result.outcome) : tell(name, result.outcome)
          info("Restoring #{name} ... done")
        end

        def left_out(_titles, wanted:); end
        def table(_rows); end
        def restored(backup_id:, seconds:); end
        def restoring(backup_id:, directory:); end

        private

        def tell(name, outcome)
          outcome.problems.first(LISTED_PROBLEMS).each do |problem|
            warning("#{name}: #{problem.kind} #{Printable.name(problem.path)}: #{problem.reason}")
          end
          error("#{name}: #{Units.count(outcome.problem_count, "problem")}") if outcome.problem_count.positive?
        end

        # As GitLab frames what psql did not like.
        def tell_sql(outcome)
          return if outcome.problem_count.zero?

          error("------ BEGIN ERRORS -----")
          outcome.problems.each { |problem| error("#{problem.path}: #{problem.reason}") }
          error("------ END ERRORS -------")
        end
      end
    end
  end
end
