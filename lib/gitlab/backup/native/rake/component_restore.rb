# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # gitlab:backup:<component>:restore: one component of a backup that lies unpacked in the backup path. As with
      # GitLab, SKIP has no effect, the version is not looked at, and what comes after a whole restore does not happen.
      class ComponentRestore
        # GitLab leaves the files it moves aside then; so do we.
        SETTLED = %w[db repositories].freeze

        # context: TaskContext; id: of the component; prompt, pause: see RestoreWork. Raises ArgumentError for an id
        # there is not.
        def initialize(context, id, prompt: TaskPrompt.new(assumed: context.options.gitlab_assume_yes), pause: nil)
          raise ArgumentError, "Cannot find task with name: #{id}" unless Component::IDS.include?(id)

          @context = context
          @id = id
          @log = RestoreLog.new(context.log)
          @prompt = prompt
          @pause = pause
        end

        # Restores. Returns the exit status. Raises Error; blocks for as long as it takes.
        def call
          @context.locked(TaskRestoreRun::NEEDED) { under_lock }
        end

        private

        def under_lock
          base = BackupPath.prepare(@context.instance.backup_path)
          Leftovers.new(base, @log).clear
          backup = StagedBackup.new(base, backup_id: @context.options.backup)
          source = StagedSource.new(backup, reporter: @log)
          @context.options.merge(source.details)
          component = Component.all(@context.instance).find { |one| one.id == @id }
          return disabled(component) if @context.disabled?(@id)

          RestoreWork.new(@context, log: @log, base: base, source: source, prompt: @prompt, pause: @pause)
                     .call([@id], keep: !SETTLED.include?(@id))
        end

        def disabled(component)
          @log.info("Restoring #{TaskNames.of(component)} ... [DISABLED]")
          0
        end
      end
    end
  end
end
