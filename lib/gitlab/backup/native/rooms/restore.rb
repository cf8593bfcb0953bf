# frozen_string_literal: true

module Gitlab
  module Backup
    # restore: from a backup back into the instance
    module Native
      autoload :ArchiveSize, "#{File.dirname(__dir__)}/restore/archive_size"
      autoload :Aside, "#{File.dirname(__dir__)}/restore/aside"
      autoload :AsidePlace, "#{File.dirname(__dir__)}/restore/aside_place"
      autoload :AsideRecord, "#{File.dirname(__dir__)}/restore/aside_record"
      autoload :Confirmation, "#{File.dirname(__dir__)}/restore/confirmation"
      autoload :FilesRestore, "#{File.dirname(__dir__)}/restore/files_restore"
      autoload :DatabaseBefore, "#{File.dirname(__dir__)}/restore/database_before"
      autoload :DatabaseCleaner, "#{File.dirname(__dir__)}/restore/database_cleaner"
      autoload :DatabaseLoader, "#{File.dirname(__dir__)}/restore/database_loader"
      autoload :DatabasePsql, "#{File.dirname(__dir__)}/restore/database_psql"
      autoload :DatabaseRake, "#{File.dirname(__dir__)}/restore/database_rake"
      autoload :DatabaseReport, "#{File.dirname(__dir__)}/restore/database_report"
      autoload :DatabaseRestore, "#{File.dirname(__dir__)}/restore/database_restore"
      autoload :DatabaseSessions, "#{File.dirname(__dir__)}/restore/database_sessions"
      autoload :DatabaseTally, "#{File.dirname(__dir__)}/restore/database_tally"
      autoload :DatabaseText, "#{File.dirname(__dir__)}/restore/database_text"
      autoload :DatabaseTolerance, "#{File.dirname(__dir__)}/restore/database_tolerance"
      autoload :DatabaseTools, "#{File.dirname(__dir__)}/restore/database_tools"
      autoload :DatabasesRestore, "#{File.dirname(__dir__)}/restore/databases_restore"
      autoload :EarlierRestore, "#{File.dirname(__dir__)}/restore/earlier_restore"
      autoload :Decompression, "#{File.dirname(__dir__)}/restore/decompression"
      autoload :Folder, "#{File.dirname(__dir__)}/restore/folder"
      autoload :Journal, "#{File.dirname(__dir__)}/restore/journal"
      autoload :RegistryCleaner, "#{File.dirname(__dir__)}/restore/registry_cleaner"
      autoload :RepositoriesRestore, "#{File.dirname(__dir__)}/restore/repositories_restore"
      autoload :RepositoryChecks, "#{File.dirname(__dir__)}/restore/repository_checks"
      autoload :RepositoryPools, "#{File.dirname(__dir__)}/restore/repository_pools"
      autoload :RepositoryScope, "#{File.dirname(__dir__)}/restore/repository_scope"
      autoload :RestoreAttempt, "#{File.dirname(__dir__)}/restore/restore_attempt"
      autoload :RestoreJob, "#{File.dirname(__dir__)}/restore/restore_job"
      autoload :RestoreOptions, "#{File.dirname(__dir__)}/restore/restore_options"
      autoload :RestoreParts, "#{File.dirname(__dir__)}/restore/restore_parts"
      autoload :RestorePlan, "#{File.dirname(__dir__)}/restore/restore_plan"
      autoload :RestoreRun, "#{File.dirname(__dir__)}/restore/restore_run"
      autoload :RestoreTarget, "#{File.dirname(__dir__)}/restore/restore_target"
      autoload :RestoreUndo, "#{File.dirname(__dir__)}/restore/restore_undo"
      autoload :RestoredArchive, "#{File.dirname(__dir__)}/restore/restored_archive"
      autoload :SessionCheck, "#{File.dirname(__dir__)}/restore/session_check"
      autoload :Settlement, "#{File.dirname(__dir__)}/restore/settlement"
      autoload :SpaceCheck, "#{File.dirname(__dir__)}/restore/space_check"
    end
  end
end
