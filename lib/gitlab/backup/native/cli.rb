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
        autoload :BucketOptions, "#{__dir__}/cli/bucket_options"
        autoload :DiffCommand, "#{__dir__}/cli/diff_command"
        autoload :ExtractCommand, "#{__dir__}/cli/extract_command"
        autoload :ListCommand, "#{__dir__}/cli/list_command"
        autoload :LsCommand, "#{__dir__}/cli/ls_command"
        autoload :MaintenanceCommands, "#{__dir__}/cli/maintenance_commands"
        autoload :RestoreAllCommand, "#{__dir__}/cli/restore_all_command"
        autoload :RestoreUndoCommand, "#{__dir__}/cli/restore_undo_command"
        autoload :Session, "#{__dir__}/cli/session"
        autoload :ShowCommand, "#{__dir__}/cli/show_command"
        autoload :StatusWords, "#{__dir__}/cli/status_words"
        autoload :Values, "#{__dir__}/cli/values"
        autoload :VerifyCommand, "#{__dir__}/cli/verify_command"
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
          commands = { "backup" => BackupCommands, "restore" => RestoreCommands }[command] if word
          commands ? commands.command_help(shell, word) : super(command)
        end

        desc "backup", "Manage repositories, database and files backup creation"
        subcommand "backup", BackupCommands

        desc "restore", "Restore previously captured backup data"
        subcommand "restore", RestoreCommands

        desc "list", "Display the backups there are"
        instance_options
        def list = ListCommand.new(Session.new(options)).call

        desc "show ID", "Display what is in a backup"
        long_desc <<~TEXT, wrap: false
          A folder or a tar, by its name in `list`; a tar by its id, too, where no folder has that; or `latest`. Of a tar
          that another tool made nothing is known but what it holds.
        TEXT
        instance_options
        def show(id)
          ShowCommand.new(Session.new(options)).call(id)
        end

        desc "ls ID [COMPONENT] [PATH]", "Display what a component of a backup holds"
        long_desc <<~TEXT, wrap: false
          Without COMPONENT the components of the backup, with it its files, folders and links, with PATH only
          that one and what is below it. A component that has no manifest is read as a whole, which takes longer: by the
          command in the variable DECOMPRESS_CMD where COMPRESS_CMD has packed it, with room in TMPDIR for it as a tar.
        TEXT
        instance_options
        def ls(id, component = nil, path = nil)
          LsCommand.new(Session.new(options)).call(id, component, path)
        end

        desc "verify ID", "Look for damage in a backup, without restoring it"
        long_desc <<~TEXT, wrap: false
          Every file is read: its checksum, every block of an archive and every file in it, every database's dump to its
          last line, every repository by rebuilding it in a temporary folder (TMPDIR). What COMPRESS_CMD has packed is
          looked into by the command in DECOMPRESS_CMD, with room for it there; without that its checksum has to do. Of a
          backup of another tool less can be told. The exit status is 0 if nothing is wrong and 1 if something is.
        TEXT
        instance_options
        value_option :jobs, "N", "Number of workers (default: the number of cores)"
        method_option :progress, type: :boolean, desc: "Show progress (default: on a terminal)"
        def verify(id)
          VerifyCommand.new(Session.new(options)).call(id)
        end

        desc "diff ID1 ID2", "Display what was added, removed and changed between two backups"
        long_desc <<~TEXT, wrap: false
          Files are compared by type, content, link, mode, owner and time, as their manifests have them;
          repositories by refs, HEAD and hooks; databases by their dump as a whole, in which pg_dump of August
          2025 and later puts a random key, so that no two are the same. The exit status is that of
          diff(1): 0 if nothing differs, 1 if something does, 2 if they cannot be compared.
        TEXT
        instance_options
        def diff(id1, id2)
          DiffCommand.new(Session.new(options)).call(id1, id2)
        end

        desc "extract ID COMPONENT PATH...", "Extract files and folders of a component, or a database's SQL"
        long_desc <<~TEXT, wrap: false
          Paths are as ls shows them; a folder comes with what is in it, "." is everything. What exists already is
          left alone. Of the component db the PATH is a database, main, and what comes of it is its SQL text.
          What COMPRESS_CMD has packed needs the command that reads it, in the variable DECOMPRESS_CMD, and in DIR the
          room for all of the archive, as a tar that is removed in the end.
        TEXT
        instance_options
        value_option :directory, "DIR", "The folder to extract into (default: this one)", aliases: "-C"
        value_option :jobs, "N", "Number of workers (default: the number of cores)"
        method_option :overwrite, type: :boolean, desc: "Replace files that exist"
        def extract(id, component, path, *more)
          ExtractCommand.new(Session.new(options)).call(id, component, [path, *more])
        end

        desc "delete ID", "Delete a backup"
        long_desc <<~TEXT, wrap: false
          A folder or a tar, by its name in `list`; a tar by its id, too, where no folder has that. Nothing is asked. Of a
          link to a tar only the link is deleted.
        TEXT
        instance_options
        def delete(id)
          MaintenanceCommands.new(Session.new(options)).delete(id)
        end

        desc "prune", "Delete old backups, never the newest good one"
        long_desc <<~TEXT, wrap: false
          Folders only. Tars are left to `gitlab-backup create`, which deletes them by backup.keep_time of gitlab.yml. As
          long as a restore is neither completed nor undone, nothing is deleted.
        TEXT
        instance_options
        value_option :keep_time, "S", "Keep what is at most S seconds old; 0: all (default: keep_time of gitlab.yml)"
        value_option :keep_last, "N", "Keep the newest N complete backups"
        method_option :dry_run, type: :boolean, desc: "Only say what would be deleted"
        def prune = MaintenanceCommands.new(Session.new(options)).prune

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
