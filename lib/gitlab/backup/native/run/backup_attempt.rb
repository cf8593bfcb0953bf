# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # One backup in its work directory: the components, one after another, then what
      # makes a backup of their products.
      class BackupAttempt
        # plan is a BackupPlan; job: what else is for each ComponentJob. Call it under the RunLock.
        def initialize(plan:, instance:, reporter:, **job)
          @plan = plan
          @instance = instance
          @reporter = reporter
          @job = job
          @started = now
        end

        # Absolute path of what was published, nil before that.
        attr_reader :published

        # Fills the WorkDirectory and publishes it. Returns the exit status. Raises Error.
        def call(work)
          @reporter.starting(backup_id: @plan.id, directory: work.path)
          Dir.mkdir(File.join(work.path, "manifest"), 0o700)
          reserve = Reserve.new(work.path).tap(&:take)
          @results = run_components(work)
          reserve.release
          raise Error, "there is nothing to back up: no component that was asked for is in use here" if @results.empty?

          @seconds = now - @started
          @published = publication(work).call
          @reporter.table(summary_rows)
          conclude
        end

        private

        def now
          Process.clock_gettime(Process::CLOCK_MONOTONIC)
        end

        def run_components(work)
          wanted, others = Component.all(@instance).partition { |component| @plan.wants?(component) }
          @reporter.left_out(others.map(&:title), wanted: wanted.map(&:title)) unless others.empty?
          ComponentRunner.new(instance: @instance, reporter: @reporter, directory: work.path, backup_id: @plan.id,
                              workers: @plan.jobs, bytes_per_second: @plan.bytes_per_second,
                              figures: Catalog.new(@plan.base).previous_figures, **@job).call(wanted)
        end

        def publication(work)
          Publication.new(work: work, owner: Owner.of(@plan.base), workers: @plan.jobs, summary: summary,
                          information: (information if @results.none?(&:failed?)), results: @results)
        end

        def summary
          @summary ||= Summary.build(backup_id: @plan.id, created_at: @plan.created_at, gitlab_version: @plan.version,
                                     seconds: @seconds, results: @results, skipped: @plan.left_out)
        end

        # For a whole backup only: it asks the database, which may be what failed.
        def information
          BackupInformation.new(backup_id: @plan.id, created_at: @plan.created_at, gitlab_version: @plan.version,
                                installation_type: @instance.installation_type, tar_version: TarVersion.read,
                                db_version: DatabaseVersion.for_metadata(@instance, @reporter), skipped: @plan.left_out)
        end

        def summary_rows
          summary.fetch(:components).map { |row| row.transform_keys(&:to_s) }
        end

        def conclude
          failed = @results.select(&:failed?)
          return succeed if failed.empty?

          @reporter.incomplete(backup_id: @plan.id, path: @published,
                               failed: failed.map { |result| result.component.title })
          1
        end

        def succeed
          problems = @results.sum(&:problem_count)
          @reporter.finished(backup_id: @plan.id, path: @published, seconds: now - @started, problems: problems)
          problems.zero? ? 0 : 1
        end
      end
    end
  end
end
