# frozen_string_literal: true

module Gitlab
  module Backup
    # run: from the checks to the published backup
    module Native
      autoload :BackupAttempt, "#{File.dirname(__dir__)}/run/backup_attempt"
      autoload :BackupOptions, "#{File.dirname(__dir__)}/run/backup_options"
      autoload :BackupPlan, "#{File.dirname(__dir__)}/run/backup_plan"
      autoload :BackupRun, "#{File.dirname(__dir__)}/run/backup_run"
      autoload :Descriptors, "#{File.dirname(__dir__)}/run/descriptors"
      autoload :FreeSpace, "#{File.dirname(__dir__)}/run/free_space"
      autoload :Leftovers, "#{File.dirname(__dir__)}/run/leftovers"
      autoload :PidFile, "#{File.dirname(__dir__)}/run/pid_file"
      autoload :PidHolder, "#{File.dirname(__dir__)}/run/pid_holder"
      autoload :Preloading, "#{File.dirname(__dir__)}/run/preloading"
      autoload :Publication, "#{File.dirname(__dir__)}/run/publication"
      autoload :Reserve, "#{File.dirname(__dir__)}/run/reserve"
      autoload :RunLock, "#{File.dirname(__dir__)}/run/run_lock"
      autoload :RunSetup, "#{File.dirname(__dir__)}/run/run_setup"
      autoload :Seal, "#{File.dirname(__dir__)}/run/seal"
      autoload :Selection, "#{File.dirname(__dir__)}/run/selection"
      autoload :Signals, "#{File.dirname(__dir__)}/run/signals"
      autoload :WorkDirectory, "#{File.dirname(__dir__)}/run/work_directory"
    end
  end
end
