# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class CLI
        # `gitlab-backup-cli restore all`
        class RestoreAllCommand
          # Options that are taken over as they are.
          FLAGS = %i[yes force_version force_connected safety_dump analyze unordered_load
                     tolerate_sql_errors keep_previous].freeze

          def initialize(session)
            @session = session
          end

          # Returns the exit status. Raises Error for what keeps a run from beginning.
          def call(backup_id)
            options = run_options(backup_id)
            notices = BucketOptions.lines(@session.values)
            run = RestoreRun.new(instance: @session.instance, options: options, reporter: @session.reporter,
                                 confirmation: @session.confirmation)
            notices.each { |notice| @session.reporter.info(notice) }
            run.call
          end

          private

          def run_options(backup_id)
            values = @session.values
            flags = FLAGS.to_h { |name| [name, values.flag(name)] }
            RestoreOptions.new(backup_id: backup_id, jobs: values.jobs, only: values.components(:only),
                               skip: values.components(:skip), decompress_cmd: @session.decompress_cmd, **flags)
                          .tap(&:check)
          end
        end
      end
    end
  end
end
