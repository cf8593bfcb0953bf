# frozen_string_literal: true

module Gitlab
  module Backup
    # run: from the checks to the published backup
    module Native
      autoload :BackupAttempt, "#{File.dirname(__dir__)}/run/backup_attempt"
      autoload :BackupOptions, "#{File.dirname(__dir__)}/run/backup_options"
      autoload :BackupPlan, "#{File.dirname(__dir__)}/run/backup_plan"
      autoload :BackupRun, "#{File.dirname(__dir__)}/run/backup_run"
      autoload :BackupSpace, "#{File.dirname(__dir__)}/run/backup_space"
      autoload :ByteRate, "#{File.dirname(__dir__)}/run/byte_rate"
      autoload :Descriptors, "#{File.dirname(__dir__)}/run/descriptors"
      autoload :FirstLook, "#{File.dirname(__dir__)}/run/first_look"
      autoload :FreeSpace, "#{File.dirname(__dir__)}/run/free_space"
      autoload :IoPriority, "#{File.dirname(__dir__)}/run/io_priority"
      autoload :Leftovers, "#{File.dirname(__dir__)}/run/leftovers"
      autoload :Manners, "#{File.dirname(__dir__)}/run/manners"
      autoload :PidFile, "#{File.dirname(__dir__)}/run/pid_file"
      autoload :PidHolder, "#{File.dirname(__dir__)}/run/pid_holder"
      autoload :Preloading, "#{File.dirname(__dir__)}/run/preloading"
      autoload :Publication, "#{File.dirname(__dir__)}/run/publication"
      autoload :Reserve, "#{File.dirname(__dir__)}/run/reserve"
      autoload :ReuseOptions, "#{File.dirname(__dir__)}/run/reuse_options"
      autoload :RunLock, "#{File.dirname(__dir__)}/run/run_lock"
      autoload :RunSetup, "#{File.dirname(__dir__)}/run/run_setup"
      autoload :Seal, "#{File.dirname(__dir__)}/run/seal"
      autoload :Selection, "#{File.dirname(__dir__)}/run/selection"
      autoload :Signals, "#{File.dirname(__dir__)}/run/signals"
      autoload :StagedExchange, "#{File.dirname(__dir__)}/run/staged_exchange"
      autoload :TaskOptions, "#{File.dirname(__dir__)}/run/task_options"
      autoload :WorkDirectory, "#{File.dirname(__dir__)}/run/work_directory"
    end
  end
end
