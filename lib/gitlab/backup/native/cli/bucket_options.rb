# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class CLI
        # Upstream's four options of `backup` and `restore`, word for word. Upstream copies
        # buckets by Google's transfer service; data in buckets is not part of our backups, so
        # they are taken and do nothing. A class of commands is extended with them.
        module BucketOptions
          SERVICE_ACCOUNT_FILE = "/etc/gitlab/backup-account-credentials.json"
          # Description of each.
          TEXTS = {
            backup_bucket: "When backing up object storage, this is the bucket to backup to",
            registry_bucket: "When backing up registry from object storage, this is the source bucket",
            service_account_file: "JSON file containing the Google service account credentials"
          }.freeze

          # Declares them for the class of commands.
          def self.extended(commands)
            super
            text(commands, :backup_bucket)
            commands.class_option :wait_for_completion, type: :boolean, default: true,
                                                        desc: "Wait for object storage backups to complete"
            text(commands, :registry_bucket)
            text(commands, :service_account_file, default: SERVICE_ACCOUNT_FILE)
          end

          # Lines that say of each that was given that it has no effect. values: Values. Raises
          # Error for one without its value.
          def self.lines(values)
            given = { "--backup-bucket" => values.text(:backup_bucket),
                      "--registry-bucket" => values.text(:registry_bucket),
                      "--no-wait-for-completion" => values.flag(:wait_for_completion) == false,
                      "--service-account-file" => values.text(:service_account_file) != SERVICE_ACCOUNT_FILE }
            given.select { |_, used| used }.keys.map do |switch|
              "#{switch} has no effect: data in object storage is not part of this backup"
            end
          end

          def self.text(commands, name, **settings)
            commands.class_option name, type: :string, lazy_default: Base::NO_VALUE, desc: TEXTS.fetch(name), **settings
          end
          private_class_method :text

          private

          # The options of upstream's one command, also where no command is named.
          def class_options_help(shell, groups = {})
            super(shell, groups.empty? ? { nil => all_commands.fetch("all").options.values } : groups)
          end
        end
      end
    end
  end
end
