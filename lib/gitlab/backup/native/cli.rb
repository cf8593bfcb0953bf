# frozen_string_literal: true

require "did_you_mean" # absent where RubyGems was not started; Thor suggests commands with it
require "thor"

module Gitlab
  module Backup
    module Native
      # The commands of gitlab-backup-cli. Each returns its exit status (nil for 0) and
      # leaves the work to a class of its own.
      class CLI < Thor
        autoload :BackupAllCommand, "#{__dir__}/cli/backup_all_command"
        autoload :Base, "#{__dir__}/cli/base"
        autoload :ListCommand, "#{__dir__}/cli/list_command"
        autoload :MaintenanceCommands, "#{__dir__}/cli/maintenance_commands"
        autoload :Session, "#{__dir__}/cli/session"
        autoload :ShowCommand, "#{__dir__}/cli/show_command"
        autoload :StatusWords, "#{__dir__}/cli/status_words"
        autoload :Values, "#{__dir__}/cli/values"
        autoload :VersionReport, "#{__dir__}/cli/version_report"

        extend Base

        package_name "GitLab Backup CLI"
        map %w[-v --version] => :version

        desc "version", "Display the version information"
        method_option :verbose, type: :boolean, desc: "Show what it is built with and runs on"
        def version
          puts Main.version_line
          puts VersionReport.new.lines if options[:verbose]
        end

        # `help backup all` is `backup help all`; Thor's own takes one word.
        desc "help [COMMAND]", "Describe available commands or one specific command"
        def help(command = nil, word = nil)
          return BackupCommands.command_help(shell, word) if command == "backup" && word

          super(command)
        end

        desc "backup", "Manage repositories, database and files backup creation"
        subcommand "backup", BackupCommands

        desc "list", "Display the backups there are"
        instance_options
        def list
          ListCommand.new(Session.new(options)).call
        end

        desc "show ID", "Display what is in a backup"
        instance_options
        def show(id)
          ShowCommand.new(Session.new(options)).call(id)
        end

        desc "delete ID", "Delete a backup"
        instance_options
        def delete(id)
          MaintenanceCommands.new(Session.new(options)).delete(id)
        end

        desc "prune", "Delete old backups, never the newest good one"
        instance_options
        value_option :keep_time, "S", "Keep what is at most S seconds old; 0: all (default: keep_time of gitlab.yml)"
        value_option :keep_last, "N", "Keep the newest N complete backups"
        method_option :dry_run, type: :boolean, desc: "Only say what would be deleted"
        def prune
          MaintenanceCommands.new(Session.new(options)).prune
        end

        desc "export-tar ID", "Write a backup as the single tar file that GitLab's Rake tasks restore"
        instance_options
        value_option :jobs, "N", "Number of workers (default: the number of cores)"
        def export_tar(id)
          MaintenanceCommands.new(Session.new(options)).export_tar(id)
        end
      end
    end
  end
end
