# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What comes after the components of gitlab:backup:create: the backup's metadata, its
      # name, and the last lines.
      class CreateFinish
        SECRETS = "Warning: Your gitlab.rb and gitlab-secrets.json files contain sensitive data\n" \
                  "and are not part of this backup. No restore works without them:\n" \
                  "back them up by hand, and keep them apart from it."

        # context: TaskContext; results: [ComponentResult]
        def initialize(context:, plan:, results:, seconds:)
          @context = context
          @log = context.log
          @plan = plan
          @results = results
          @seconds = seconds
        end

        # Asks what the metadata has to say, unless a component has failed. Returns self.
        def prepare
          return self if failed?

          @information = @plan.information(db_version: DatabaseVersion.for_metadata(@context.instance, @log))
          self
        end

        # Publishes what the form holds. Raises Error.
        def call(form)
          return keep(form) if failed?

          form.publish(@information, summary: summary, sums: sums)
        end

        # 0, or 1 if a component failed or has problems.
        def status
          @results.all?(&:good?) ? 0 : 1
        end

        # Whether a component failed as a whole, so that this is no backup.
        def failed?
          @results.any?(&:failed?)
        end

        # How things stand from now on, if the run is interrupted.
        def standing
          failed? ? kept : "after the backup #{@plan.id} was complete"
        end

        # The last lines of the run.
        def conclude
          @log.warning(SECRETS)
          return conclude_backup unless failed?

          titles = @results.select(&:failed?).map { |result| TaskNames.of(result.component) }
          @log.error("Backup #{@plan.id} is incomplete: #{titles.join(", ")} failed; #{kept}")
          others = IncompleteArchives.new(@plan.base).others(@kept.to_s)
          @log.warning(others) if others
        end

        private

        # GitLab's line, and what it keeps quiet about.
        def conclude_backup
          @log.info("Backup #{@plan.id} is done.")
          return if status.zero?

          counts = @results.reject(&:good?).map do |result|
            "#{TaskNames.of(result.component)} (#{Units.count(result.outcome.problem_count, "problem")})"
          end
          @log.error("Not all of it could be backed up: #{counts.join(", ")}; they are listed above")
        end

        def kept
          @kept ? "what was finished is kept in #{@kept}" : "nothing was kept"
        end

        def keep(form)
          @kept = form.keep(@results, summary: summary)
        end

        def sums
          @results.reject(&:failed?).map { |result| result.outcome.products }.reduce({}, :merge)
        end

        def summary
          @summary ||= Summary.build(backup_id: @plan.id, created_at: @plan.created_at, gitlab_version: @plan.version,
                                     seconds: @seconds, results: @results, skipped: @context.options.skip)
        end
      end
    end
  end
end
