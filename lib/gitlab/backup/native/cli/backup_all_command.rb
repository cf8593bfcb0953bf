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
            buckets = values.text(:backup_bucket), values.text(:registry_bucket), values.text(:service_account_file)
            run = BackupRun.new(instance: @session.instance, options: options, reporter: @session.reporter)
            tell_without_effect(*buckets)
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

          # Upstream copies buckets by Google's transfer service; data in buckets is not part
          # of our backups, so these options are taken and do nothing.
          def tell_without_effect(backup_bucket, registry_bucket, service_account_file)
            given = { "--backup-bucket" => backup_bucket, "--registry-bucket" => registry_bucket,
                      "--no-wait-for-completion" => values.flag(:wait_for_completion) == false,
                      "--service-account-file" => service_account_file != BackupCommands::SERVICE_ACCOUNT_FILE }
            given.select { |_, used| used }.each_key do |switch|
              @session.reporter.info("#{switch} has no effect: data in object storage is not part of this backup")
            end
          end
        end
      end
    end
  end
end
