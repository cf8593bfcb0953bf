# frozen_string_literal: true

module Gitlab
  module Backup
    # components: what is backed up
    module Native
      autoload :Component, "#{File.dirname(__dir__)}/components/component"
      autoload :ComponentJob, "#{File.dirname(__dir__)}/components/component_job"
      autoload :ComponentResult, "#{File.dirname(__dir__)}/components/component_result"
      autoload :ComponentRunner, "#{File.dirname(__dir__)}/components/component_runner"
      autoload :Outcome, "#{File.dirname(__dir__)}/components/outcome"
      autoload :Packing, "#{File.dirname(__dir__)}/components/packing"
      autoload :Problem, "#{File.dirname(__dir__)}/components/outcome"
      autoload :Reuse, "#{File.dirname(__dir__)}/components/reuse"
      autoload :ShellCommand, "#{File.dirname(__dir__)}/components/shell_command"
      autoload :StillCopy, "#{File.dirname(__dir__)}/components/still_copy"
    end
  end
end
