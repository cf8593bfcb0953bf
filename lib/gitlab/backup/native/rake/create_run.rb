# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # gitlab:backup:create: from the checks to `Backup <id> is done.`
      class CreateRun
        # See Preloading.
        NEEDED = (BackupRun::NEEDED + %i[CreateComponents CreateFinish CreatePlan InformationFile OuterTar StagedForm
                                         TaskLock TaskNames TimeZone]).freeze
        # What GitLab's tasks leave in the backup path of what they moved aside.
        TMP = "tmp"

        # context: TaskContext
        def initialize(context)
          @context = context
          @log = context.log
        end

        # Takes the backup. Returns the exit status. Raises Error; blocks for as long as it takes.
        def call
          File.umask(BackupRun::PRIVATE_UMASK)
          Preloading.call(NEEDED)
          Descriptors.raise_limit
          TaskLock.hold(instance: @context.instance, log: @log) { under_lock }
        end

        private

        def under_lock
          plan = CreatePlan.new(@context)
          Leftovers.new(plan.base, @log).clear
          finish = StagedForm.open(plan) { |form| attempt(plan, form) }
          status = finish.status
          remove_tmp(plan) if status.zero?
          finish.conclude
          status
        end

        def attempt(plan, form)
          started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
          results = CreateComponents.new(context: @context, plan: plan, form: form).call(plan.components)
          seconds = Process.clock_gettime(Process::CLOCK_MONOTONIC) - started
          CreateFinish.new(context: @context, plan: plan, results: results, seconds: seconds)
                      .tap { |finish| finish.call(form) }
        end

        # What a failed restore has moved there is needed until there is a backup.
        def remove_tmp(plan)
          @log.info("Deleting backups/tmp ... ")
          Removal.new(plan.base).call(TMP) if File.exist?(File.join(plan.base, TMP))
          @log.info("Deleting backups/tmp ... done")
        rescue Error => e
          @log.warning(e.message)
        end
      end
    end
  end
end
