# frozen_string_literal: true

require "etc"

module Gitlab
  module Backup
    module Native
      # gitlab:backup:verify: whether a backup fits this version of GitLab, and whether it is good. Nothing is cleaned:
      # an unpacked backup in the backup path stays what it is.
      class TaskVerifyRun
        # See Preloading.
        NEEDED = (TaskRestoreRun::NEEDED + %i[
          ArchiveCheck ChecksumsCheck Completeness DecompressedProduct DumpsCheck MetadataCheck Obstacle PackedCheck
          ProductDamages RepositoriesCheck RepositoriesVerification SourceProduct StoredCheck TarCheck
          VerifiedPart Verification VerifyDamage VerifyFolder VerifyLog VerifyRun
        ]).uniq.freeze

        # context: TaskContext
        def initialize(context)
          @context = context
          @log = context.log
        end

        # Returns the exit status: 0 when the version is the same and nothing is wrong. Raises Error; blocks until all
        # is read.
        def call
          @context.locked(NEEDED) { under_lock }
        end

        private

        def under_lock
          base = BackupPath.prepare(@context.instance.backup_path)
          Leftovers.new(base, @log).clear
          source = BackupChoice.new(base, @context).call
          source && same_version?(source) ? verify(source) : 1
        ensure
          source&.close
        end

        def same_version?(source)
          precondition = VersionPrecondition.new(source.details, current: @context.instance.version, log: @log)
          precondition.met?.tap { |met| precondition.tell if met }
        end

        def verify(source)
          @log.info("repositories: Gitaly has stored them itself: they are not looked at") if server_side?(source)
          workers = Descriptors.limited(Etc.nprocessors, @log)
          VerifyRun.new(source: source, reporter: VerifyLog.new(@log), workers: workers,
                        account: @context.instance.account, session: @context).call
        end

        def server_side?(source)
          source.details.repositories_server_side
        end
      end
    end
  end
end
