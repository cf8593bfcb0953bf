# frozen_string_literal: true

module Gitlab
  module Backup
    # components: what is backed up
    module Native
      autoload :Component, "#{File.dirname(__dir__)}/components/component"
      autoload :ComponentJob, "#{File.dirname(__dir__)}/components/component_job"
      autoload :ComponentResult, "#{File.dirname(__dir__)}/components/component_result"
      autoload :ComponentRunner, "#{File.dirname(__dir__)}/components/component_runner"
      autoload :DatabaseConnection, "#{File.dirname(__dir__)}/components/database_connection"
      autoload :DatabaseDump, "#{File.dirname(__dir__)}/components/database_dump"
      autoload :DatabaseSnapshot, "#{File.dirname(__dir__)}/components/database_snapshot"
      autoload :DatabaseVersion, "#{File.dirname(__dir__)}/components/database_version"
      autoload :DumpEngine, "#{File.dirname(__dir__)}/components/dump_engine"
      autoload :DumpFacts, "#{File.dirname(__dir__)}/components/dump_facts"
      autoload :Outcome, "#{File.dirname(__dir__)}/components/outcome"
      autoload :Packing, "#{File.dirname(__dir__)}/components/packing"
      autoload :PgDump, "#{File.dirname(__dir__)}/components/pg_dump"
      autoload :PgDumpSource, "#{File.dirname(__dir__)}/components/pg_dump_source"
      autoload :PoolerCheck, "#{File.dirname(__dir__)}/components/pooler_check"
      autoload :Problem, "#{File.dirname(__dir__)}/components/outcome"
      autoload :Reuse, "#{File.dirname(__dir__)}/components/reuse"
      autoload :ShellCommand, "#{File.dirname(__dir__)}/components/shell_command"
      autoload :StillCopy, "#{File.dirname(__dir__)}/components/still_copy"
    end
  end
end
