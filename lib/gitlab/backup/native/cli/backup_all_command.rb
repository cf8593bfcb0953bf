# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class CLI
        # `gitlab-backup-cli backup all`
        class BackupAllCommand
          def initialize(session)
            @session = session
          end

          # Returns the exit status. Raises Error for what keeps a run from beginning.
          def call
            options = run_options
            notices = BucketOptions.lines(values)
            run = BackupRun.new(instance: @session.instance, options: options, reporter: @session.reporter)
            notices.each { |notice| @session.reporter.info(notice) }
            run.call
          end

          private

          def values
            @session.values
          end

          def run_options
            BackupOptions.new(backup_id: values.text(:backup_id), jobs: values.jobs,
                              only: values.components(:only), skip: values.components(:skip)).tap(&:check)
          end
        end
      end
    end
  end
end
