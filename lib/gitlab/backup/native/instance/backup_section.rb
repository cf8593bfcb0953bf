# frozen_string_literal: true

require_relative "executables"
require_relative "../error"

module Gitlab
  module Backup
    module Native
      class Instance
        # What gitlab.yml says below `backup:`. Every reader raises Error, one line with the file.
        class BackupSection
          # settings: Settings of the environment; root: GitLab's Rails folder.
          def initialize(settings, root:)
            @settings = settings
            @root = root
          end

          # String: absolute path of the folder of backups
          def path
            path = @settings.text("backup", "path") ||
                   refuse("path is not set for '#{@settings.at}'", "set it to the folder backups go to")
            File.absolute_path(path, @root)
          end

          # Integer: seconds backups are kept, 0 for ever
          def keep_time
            @settings.number("backup", "keep_time", default: 0)
          end

          # Integer: mode of the outer tar
          def archive_permissions
            mode = @settings.number("backup", "archive_permissions", default: 0o600, base: 8)
            return mode if mode <= 0o777

            refuse("archive_permissions is #{mode}, more than 0777", "write it in octal, 0640")
          end

          # String or nil: gitaly-backup as configured, else the Linux package's below `install`, else PATH's
          def gitaly_backup_path(install)
            path = @settings.text("backup", "gitaly_backup_path")
            path ? File.absolute_path(path, @root) : Executables.all("gitaly-backup", install: install).first
          end

          private

          def refuse(reason, remedy)
            raise Error.new("#{@settings.file}: backup.#{reason}: #{remedy}", path: @settings.file)
          end
        end
      end
    end
  end
end
