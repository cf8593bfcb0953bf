# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # gitlab:backup:create: from the checks to `Backup <id> is done.`
      class CreateRun
        # See Preloading.
        NEEDED = (BackupRun::NEEDED + %i[
          ArchiveSize BackupChoice CreateCleaning CreateComponents CreateFinish CreatePlan CreatePrevious CreateTar
          FinalName IncompleteArchives InformationFile OuterTar Relocation Remote StagedForm TarContainer TarEntries
          TarForm TarHeader TarPruning TarUnpacking TaskLock TaskNames TimeZone
        ]).freeze

        # context: TaskContext
        def initialize(context)
          @context = context
          @log = context.log
        end

        # Takes the backup. Returns the exit status. Raises Error; blocks for as long as it takes.
        def call
          @context.manners.apply
          @context.locked(NEEDED) { under_lock }
        end

        private

        def under_lock
          base = BackupPath.prepare(@context.instance.backup_path)
          Leftovers.new(base, @log).clear
          PendingRestore.tell(base, @log)
          @context.standing = "nothing was kept"
          return run(CreatePlan.new(@context)) unless @context.options.incremental

          CreatePrevious.new(@context, base).call { |source| run(CreatePlan.new(@context, previous: source)) }
        end

        def run(plan)
          tar = CreateTar.new(@context, plan) unless @context.options.skip?("tar")
          plan.check_room(plan.components)
          finish = open_form(plan, tar) { |form| attempt(plan, form, tar) }
          @context.standing = finish.standing
          tar&.deliver(prune: finish.status.zero?) unless finish.failed?
          CreateCleaning.new(plan.base, @log).call(staging: !tar.nil?, tmp: finish.status.zero?)
          finish.conclude
          finish.status
        end

        def open_form(plan, tar, &block)
          return StagedForm.open(plan, &block) unless tar

          TarForm.open(plan, permissions: @context.instance.archive_permissions, &block)
        end

        def attempt(plan, form, tar)
          started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
          results = CreateComponents.new(context: @context, plan: plan, form: form).call(plan.components)
          seconds = Process.clock_gettime(Process::CLOCK_MONOTONIC) - started
          CreateFinish.new(context: @context, plan: plan, results: results, seconds: seconds).prepare
                      .tap { |finish| tar ? tar.told(finish.failed?) { finish.call(form) } : finish.call(form) }
        end
      end
    end
  end
end
