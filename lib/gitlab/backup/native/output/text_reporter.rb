# frozen_string_literal: true

require "monitor"

module Gitlab
  module Backup
    module Native
      # Reporter for people: upstream's lines, a progress line on a terminal, a closing table.
      class TextReporter
        INFO = "\u2139\uFE0F  "
        SUCCESS = "\u2705\uFE0F "
        WARNING = "\u26A0\uFE0F  "
        ERROR = "\u274C\uFE0F "
        # Problems of one component that get a line.
        LISTED_PROBLEMS = 10

        # progress: true, false, or nil for "if output is a terminal".
        def initialize(output: $stdout, errors: $stderr, progress: nil, clock: -> { Time.now })
          @output = QuietOutput.new(output)
          @errors = QuietOutput.new(errors)
          @progress = ProgressDisplay.new(@output, shown: progress.nil? ? output.tty? : progress, clock: clock)
          @clock = clock
          @lock = ::Monitor.new
          @work = "Backup"
        end

        def info(text) = say(@output, INFO, text)
        def success(text) = say(@output, SUCCESS, text)
        def warning(text) = say(@errors, WARNING, text)
        def alert(text) = warning(text)
        def error(text) = say(@errors, ERROR, text)

        def starting(directory:, **)
          info("Starting GitLab backup... (#{directory})")
        end

        def restoring(backup_id:, directory:)
          @work = "restoration"
          info("Restoring GitLab backup #{backup_id}... (#{directory})")
        end

        def undoing(restore_id:, directory:)
          @work = "undo"
          info("Undoing restore #{restore_id}... (#{directory})")
        end

        def left_out(titles, wanted:)
          return info("Only #{wanted.join(", ")}, as asked") if wanted.size < titles.size

          info("Left out as asked: #{titles.join(", ")}")
        end

        def component_started(component)
          info("Executing #{@work} of #{component.title}...")
          @progress.start
        end

        def component_skipped(component, reason)
          info("Skipped #{@work} of #{component.title}: #{reason}")
        end

        def progress(component, figures)
          @lock.synchronize { @progress.show(component, figures) { |line| info(line) } }
        end

        def component_ended(result)
          finish_line
          title = result.component.title
          return error("#{@work.capitalize} of #{title} failed! #{result.error.message}") if result.failed?

          list_notes(title, result.outcome.notes)
          list_problems(title, result.outcome)
          finish_component(title, result)
        end

        def table(rows)
          lines = ResultTable.new(rows).lines + LargestTables.new(rows).lines
          @lock.synchronize { lines.each { |line| @output.puts(line) } }
        end

        def finished(backup_id:, seconds:, problems:, **)
          return success("GitLab Backup finished: #{backup_id} (#{seconds.to_i}s)") if problems.zero?

          error("GitLab Backup finished with #{Units.count(problems, "problem")}: #{backup_id} (#{seconds.to_i}s); " \
                "see gitlab-backup-cli show #{backup_id}")
        end

        def restored(backup_id:, seconds:)
          success("GitLab restoration of backup #{backup_id} finished (#{seconds.to_i}s)")
        end

        def undone(restore_id:, seconds:)
          success("Undo of restore #{restore_id} finished (#{seconds.to_i}s)")
        end

        def incomplete(path:, failed:, **)
          kept = path ? "what was finished is kept in #{path}" : "nothing is kept"
          failed("#{Units.count(failed.size, "component")} failed (#{failed.join(", ")}), #{kept}")
        end

        def failed(message, command: Reporter::BACKUP, directory: nil)
          finish_line
          error(Reporter.failure(message, command, directory))
        end

        private

        def say(output, icon, text)
          @lock.synchronize do
            @progress.clear
            output.puts("[#{@clock.call.getutc}] #{icon}#{Printable.line(text)}")
          end
        end

        def finish_line
          @lock.synchronize { @progress.finish }
        end

        # Upstream's words for what went well; it knows nothing between that and failure.
        def finish_component(title, result)
          seconds = "(#{result.seconds.to_i}s)"
          return success("Finished #{@work} of #{title}! #{seconds}") if result.problem_count.zero?

          warning("Finished #{@work} of #{title} with #{Units.count(result.problem_count, "problem")} #{seconds}")
        end

        def list_notes(title, notes)
          return if notes.empty?

          info("#{title}: #{NoteWords.of(notes)}")
        end

        def list_problems(title, outcome)
          outcome.problems.first(LISTED_PROBLEMS).each do |problem|
            warning("#{title}: #{problem.kind} #{Printable.name(problem.path)}: #{problem.reason}")
          end
          more = outcome.problem_count - LISTED_PROBLEMS
          warning("#{title}: and #{more} more, see #{Summary::NAME}") if more.positive?
        end
      end
    end
  end
end
