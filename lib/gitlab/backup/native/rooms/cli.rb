# frozen_string_literal: true

module Gitlab
  module Backup
    # cli: words to calls
    module Native
      autoload :BackupCommands, "#{File.dirname(__dir__)}/cli/backup_commands"
      autoload :RestoreCommands, "#{File.dirname(__dir__)}/cli/restore_commands"
    end
  end
end
