# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # gitlab:backup:restore: from the choice of a backup to `Restore task is done.`
      class TaskRestoreRun
        # See Preloading.
        NEEDED = (RestoreRun::NEEDED + %i[
          BackupChoice OuterTar RailsTasks RestoreLog RestoreNotices RestoreWork StagedBackup StagedCleaning
          StagedSource TaskLock TaskNames TaskPrompt TaskSpace VersionPrecondition
        ]).uniq.freeze
        SECRETS = "Warning: Your gitlab.rb and gitlab-secrets.json files contain sensitive data\n" \
                  "and are not part of a backup, so they were not restored. Without them GitLab cannot\n" \
                  "read what is encrypted in its database: restore them by hand."

        # context: TaskContext; prompt, pause: see RestoreWork.
        def initialize(context, prompt: TaskPrompt.new(assumed: context.options.gitlab_assume_yes), pause: nil)
          @context = context
          @options = context.options
          @log = RestoreLog.new(context.log)
          @prompt = prompt
          @pause = pause
        end

        # Restores. Returns the exit status. Raises Error; blocks for as long as it takes.
        def call
          @context.locked(NEEDED) { under_lock }
        end

        private

        def under_lock
          @context.standing = "nothing was touched"
          base = BackupPath.prepare(@context.instance.backup_path)
          Leftovers.new(base, @log).clear
          source = BackupChoice.new(base, @context).call
          source && fits?(source) && restored?(source, base) ? 0 : 1
        ensure
          source&.close
        end

        # From the first member: before anything else is read.
        def fits?(source)
          @options.merge(source.details)
          VersionPrecondition.new(source.details, current: @context.instance.version, log: @log).met?
        end

        def restored?(source, base)
          work = RestoreWork.new(@context, log: @log, base: base, source: source, prompt: @prompt, pause: @pause)
          return false unless work.call(wanted(source), keep: false).zero?

          @context.standing = "all was restored"
          RailsTasks.new(@context, @prompt).call && conclude(source)
        end

        # Ids. Raises Error when something is missing that every backup has.
        def wanted(source)
          asked = Component::IDS.reject { |id| left_out?(id) }
          WholenessCheck.new(source, skip: "SKIP=").call(asked)
          held = RestoreOptions.new(task: @options).held(source)
          missing = asked - held
          refuse(missing & Component::ALWAYS, source) unless @options.incomplete
          wanted = held.reject { |id| left_out?(id) }
          tell(source, missing: missing, disabled: held - wanted - @options.skip, problems: wanted)
          wanted
        end

        def tell(source, **notices)
          speaker = RestoreNotices.new(@context, log: @log, source: source)
          notices.each { |kind, ids| speaker.public_send(kind, ids) }
        end

        def left_out?(id)
          @options.skip?(id) || @context.disabled?(id)
        end

        def refuse(missing, source)
          return if missing.empty?

          raise Error.new("the backup #{Printable.name(source.id)} (#{Printable.name(source.path)}) lacks " \
                          "#{missing.join(", ")}: SKIP=#{missing.join(",")} restores the rest; nothing was touched",
                          path: source.path)
        end

        # Returns true.
        def conclude(source)
          StagedCleaning.new(source, @log).call if source.is_a?(StagedSource) && !@options.skip?("tar")
          @log.warning(SECRETS)
          @log.info("Restore task is done.")
          true
        end
      end
    end
  end
end
