# frozen_string_literal: true

module Gitlab
  module Backup
    # rake: GitLab's own tasks
    module Native
      autoload :BackupChoice, "#{File.dirname(__dir__)}/rake/backup_choice"
      autoload :ComponentCreate, "#{File.dirname(__dir__)}/rake/component_create"
      autoload :ComponentRestore, "#{File.dirname(__dir__)}/rake/component_restore"
      autoload :CreateCleaning, "#{File.dirname(__dir__)}/rake/create_cleaning"
      autoload :CreateComponents, "#{File.dirname(__dir__)}/rake/create_components"
      autoload :CreateFinish, "#{File.dirname(__dir__)}/rake/create_finish"
      autoload :CreatePlan, "#{File.dirname(__dir__)}/rake/create_plan"
      autoload :CreatePrevious, "#{File.dirname(__dir__)}/rake/create_previous"
      autoload :CreateRun, "#{File.dirname(__dir__)}/rake/create_run"
      autoload :CreateTar, "#{File.dirname(__dir__)}/rake/create_tar"
      autoload :FailureWords, "#{File.dirname(__dir__)}/rake/failure_words"
      autoload :HeldOutput, "#{File.dirname(__dir__)}/rake/held_output"
      autoload :IncompleteArchives, "#{File.dirname(__dir__)}/rake/incomplete_archives"
      autoload :JsonLog, "#{File.dirname(__dir__)}/rake/json_log"
      autoload :PoolsTask, "#{File.dirname(__dir__)}/rake/pools_task"
      autoload :RailsTasks, "#{File.dirname(__dir__)}/rake/rails_tasks"
      autoload :RestoreLog, "#{File.dirname(__dir__)}/rake/restore_log"
      autoload :RestoreNotices, "#{File.dirname(__dir__)}/rake/restore_notices"
      autoload :RestoreWork, "#{File.dirname(__dir__)}/rake/restore_work"
      autoload :StagedBackup, "#{File.dirname(__dir__)}/rake/staged_backup"
      autoload :StagedCleaning, "#{File.dirname(__dir__)}/rake/staged_cleaning"
      autoload :StagedForm, "#{File.dirname(__dir__)}/rake/staged_form"
      autoload :StagedSource, "#{File.dirname(__dir__)}/rake/staged_source"
      autoload :TaskContext, "#{File.dirname(__dir__)}/rake/task_context"
      autoload :TaskLock, "#{File.dirname(__dir__)}/rake/task_lock"
      autoload :TaskLog, "#{File.dirname(__dir__)}/rake/task_log"
      autoload :TaskNames, "#{File.dirname(__dir__)}/rake/task_names"
      autoload :TaskPrompt, "#{File.dirname(__dir__)}/rake/task_prompt"
      autoload :TaskRestoreRun, "#{File.dirname(__dir__)}/rake/task_restore_run"
      autoload :TaskRun, "#{File.dirname(__dir__)}/rake/task_run"
      autoload :TaskSpace, "#{File.dirname(__dir__)}/rake/task_space"
      autoload :TaskVariables, "#{File.dirname(__dir__)}/rake/task_variables"
      autoload :TaskVerifyRun, "#{File.dirname(__dir__)}/rake/task_verify_run"
      autoload :VerifyLog, "#{File.dirname(__dir__)}/rake/verify_log"
      autoload :VersionPrecondition, "#{File.dirname(__dir__)}/rake/version_precondition"
      autoload :Wrapper, "#{File.dirname(__dir__)}/rake/wrapper"
      autoload :WrapperInstallation, "#{File.dirname(__dir__)}/rake/wrapper_installation"
      autoload :WrapperRake, "#{File.dirname(__dir__)}/rake/wrapper_rake"
    end
  end
end
