# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # A backup fits the very version of GitLab that made it.
      class VersionPrecondition
        # information: BackupInformation; current: the installed version.
        def initialize(information, current:, log:)
          @made_by = information.gitlab_version
          @current = current
          @log = log
        end

        # Returns whether it fits; if not, that has been told.
        def met?
          return true if @made_by == @current

          @log.error("GitLab version mismatch:\n  This is GitLab #{@current}, but another version made the backup: " \
                     "#{made_by}.\n  A backup can only be restored by the version that made it:\n  " \
                     "install that one and try again.")
          @log.error("Hint: git checkout v#{made_by}") if @made_by
          false
        end

        # Says that it does.
        def tell
          @log.info("GitLab version matches:")
          @log.info("  Your current GitLab version (#{@current}) matches the GitLab version in the backup.")
        end

        private

        def made_by
          @made_by ? Printable.name(@made_by) : "unknown"
        end
      end
    end
  end
end
