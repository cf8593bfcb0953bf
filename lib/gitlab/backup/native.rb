# frozen_string_literal: true

require_relative "native/version"

module Gitlab
  module Backup
    # Backs up a GitLab instance. Classes load when they are first named, so that
    # a short command (`version`, `list`) pays neither for the extension nor for pg.
    module Native
      # the extension's classes, errors, and the doors to the rooms below
      autoload :Archive, "#{__dir__}/native/archive"
      autoload :CLI, "#{__dir__}/native/cli"
      autoload :Cancelled, "#{__dir__}/native/error"
      autoload :Child, "#{__dir__}/native/child"
      autoload :Codec, "#{__dir__}/native/codec"
      autoload :Components, "#{__dir__}/native/components"
      autoload :DatabaseError, "#{__dir__}/native/error"
      autoload :Digests, "#{__dir__}/native/digests"
      autoload :Drain, "#{__dir__}/native/drain"
      autoload :Error, "#{__dir__}/native/error"
      autoload :Extraction, "#{__dir__}/native/extraction"
      autoload :FormatError, "#{__dir__}/native/error"
      autoload :Finding, "#{__dir__}/native/unpacked"
      autoload :Inflate, "#{__dir__}/native/inflate"
      autoload :Instance, "#{__dir__}/native/instance"
      autoload :Load, "#{__dir__}/native/load"
      autoload :Main, "#{__dir__}/native/main"
      autoload :Manifest, "#{__dir__}/native/manifest"
      autoload :Note, "#{__dir__}/native/product"
      autoload :Product, "#{__dir__}/native/product"
      autoload :Progress, "#{__dir__}/native/product"
      autoload :Scan, "#{__dir__}/native/scan"
      autoload :Stream, "#{__dir__}/native/stream"
      autoload :Unpacked, "#{__dir__}/native/unpacked"
      autoload :Verification, "#{__dir__}/native/verification"

      # instance: what GitLab is configured to be
      autoload :Account, "#{__dir__}/native/instance/account"
      autoload :Database, "#{__dir__}/native/instance/database"
      autoload :DatabaseUrl, "#{__dir__}/native/instance/database_url"
      autoload :Executables, "#{__dir__}/native/instance/executables"
      autoload :Storage, "#{__dir__}/native/instance/storage"

      # components: what is backed up
      autoload :Component, "#{__dir__}/native/components/component"
      autoload :ComponentJob, "#{__dir__}/native/components/component_job"
      autoload :ComponentResult, "#{__dir__}/native/components/component_result"
      autoload :ComponentRunner, "#{__dir__}/native/components/component_runner"
      autoload :DatabaseConnection, "#{__dir__}/native/components/database_connection"
      autoload :DatabaseDump, "#{__dir__}/native/components/database_dump"
      autoload :DatabaseSnapshot, "#{__dir__}/native/components/database_snapshot"
      autoload :DatabaseVersion, "#{__dir__}/native/components/database_version"
      autoload :Outcome, "#{__dir__}/native/components/outcome"
      autoload :PgDump, "#{__dir__}/native/components/pg_dump"
      autoload :Problem, "#{__dir__}/native/components/outcome"

      # repositories: GitLab's Git repositories, by gitaly-backup or by git
      autoload :GitEngine, "#{__dir__}/native/repositories/git_engine"
      autoload :GitRestore, "#{__dir__}/native/repositories/git_restore"
      autoload :GitalyBackup, "#{__dir__}/native/repositories/gitaly_backup"
      autoload :RepositoryJob, "#{__dir__}/native/repositories/repository_job"
      autoload :RepositoryList, "#{__dir__}/native/repositories/repository_list"
      autoload :RepositoryQueues, "#{__dir__}/native/repositories/repository_queues"
      autoload :RepositorySpool, "#{__dir__}/native/repositories/repository_spool"
      autoload :RepositoryStore, "#{__dir__}/native/repositories/repository_store"
      autoload :RepositoryTally, "#{__dir__}/native/repositories/repository_tally"
      autoload :RepositoryWorkers, "#{__dir__}/native/repositories/repository_workers"
      autoload :SavedRepository, "#{__dir__}/native/repositories/saved_repository"

      # run: from the checks to the published backup
      autoload :BackupAttempt, "#{__dir__}/native/run/backup_attempt"
      autoload :BackupOptions, "#{__dir__}/native/run/backup_options"
      autoload :BackupPlan, "#{__dir__}/native/run/backup_plan"
      autoload :BackupRun, "#{__dir__}/native/run/backup_run"
      autoload :Descriptors, "#{__dir__}/native/run/descriptors"
      autoload :FreeSpace, "#{__dir__}/native/run/free_space"
      autoload :Leftovers, "#{__dir__}/native/run/leftovers"
      autoload :PidFile, "#{__dir__}/native/run/pid_file"
      autoload :Publication, "#{__dir__}/native/run/publication"
      autoload :Reserve, "#{__dir__}/native/run/reserve"
      autoload :RunLock, "#{__dir__}/native/run/run_lock"
      autoload :Seal, "#{__dir__}/native/run/seal"
      autoload :Selection, "#{__dir__}/native/run/selection"
      autoload :Signals, "#{__dir__}/native/run/signals"
      autoload :WorkDirectory, "#{__dir__}/native/run/work_directory"

      # restore: from a backup back into the instance
      autoload :Aside, "#{__dir__}/native/restore/aside"
      autoload :AsidePlace, "#{__dir__}/native/restore/aside_place"
      autoload :Folder, "#{__dir__}/native/restore/folder"
      autoload :Journal, "#{__dir__}/native/restore/journal"
      autoload :RestoreJob, "#{__dir__}/native/restore/restore_job"
      autoload :RestoreOptions, "#{__dir__}/native/restore/restore_options"

      # backups: as they lie on disk
      autoload :BackupDirectory, "#{__dir__}/native/backups/backup_directory"
      autoload :BackupId, "#{__dir__}/native/backups/backup_id"
      autoload :BackupInformation, "#{__dir__}/native/backups/backup_information"
      autoload :BackupPath, "#{__dir__}/native/backups/backup_path"
      autoload :BackupSource, "#{__dir__}/native/backups/backup_source"
      autoload :Catalog, "#{__dir__}/native/backups/catalog"
      autoload :Checksums, "#{__dir__}/native/backups/checksums"
      autoload :Completeness, "#{__dir__}/native/backups/completeness"
      autoload :Integrity, "#{__dir__}/native/backups/integrity"
      autoload :OuterTar, "#{__dir__}/native/backups/outer_tar"
      autoload :Pruning, "#{__dir__}/native/backups/pruning"
      autoload :RailsTime, "#{__dir__}/native/backups/rails_time"
      autoload :Removal, "#{__dir__}/native/backups/removal"
      autoload :Retention, "#{__dir__}/native/backups/retention"
      autoload :Summary, "#{__dir__}/native/backups/summary"
      autoload :TarVersion, "#{__dir__}/native/backups/tar_version"

      # output: what people and programs read
      autoload :Failure, "#{__dir__}/native/output/failure"
      autoload :JsonReporter, "#{__dir__}/native/output/json_reporter"
      autoload :Monitor, "#{__dir__}/native/output/monitor"
      autoload :NoteWords, "#{__dir__}/native/output/note_words"
      autoload :Printable, "#{__dir__}/native/output/printable"
      autoload :ProgressFigures, "#{__dir__}/native/output/progress_figures"
      autoload :ProgressLine, "#{__dir__}/native/output/progress_line"
      autoload :QuietOutput, "#{__dir__}/native/output/quiet_output"
      autoload :Reporter, "#{__dir__}/native/output/reporter"
      autoload :ResultTable, "#{__dir__}/native/output/result_table"
      autoload :Table, "#{__dir__}/native/output/table"
      autoload :TextReporter, "#{__dir__}/native/output/text_reporter"
      autoload :Units, "#{__dir__}/native/output/units"

      # files: small ones of our own
      autoload :Durable, "#{__dir__}/native/files/durable"
      autoload :Owner, "#{__dir__}/native/files/owner"
      autoload :Scratch, "#{__dir__}/native/files/scratch"
      autoload :Tree, "#{__dir__}/native/files/tree"

      # cli: words to calls
      autoload :BackupCommands, "#{__dir__}/native/cli/backup_commands"
    end
  end
end
