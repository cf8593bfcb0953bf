# frozen_string_literal: true

module Gitlab
  module Backup
    # dumps: one database as SQL, by pg_dump or, the same text, by many connections
    module Native
      autoload :DatabaseDump, "#{File.dirname(__dir__)}/dumps/database_dump"
      autoload :DatabaseSnapshot, "#{File.dirname(__dir__)}/dumps/database_snapshot"
      autoload :DumpCatalog, "#{File.dirname(__dir__)}/dumps/dump_catalog"
      autoload :DumpEngine, "#{File.dirname(__dir__)}/dumps/dump_engine"
      autoload :DumpEntry, "#{File.dirname(__dir__)}/dumps/dump_entry"
      autoload :DumpFacts, "#{File.dirname(__dir__)}/dumps/dump_facts"
      autoload :DumpFrame, "#{File.dirname(__dir__)}/dumps/dump_frame"
      autoload :DumpRefusal, "#{File.dirname(__dir__)}/dumps/dump_refusal"
      autoload :DumpSequences, "#{File.dirname(__dir__)}/dumps/dump_sequences"
      autoload :DumpSession, "#{File.dirname(__dir__)}/dumps/dump_session"
      autoload :DumpTables, "#{File.dirname(__dir__)}/dumps/dump_tables"
      autoload :DumpTally, "#{File.dirname(__dir__)}/dumps/dump_tally"
      autoload :DumpTypes, "#{File.dirname(__dir__)}/dumps/dump_types"
      autoload :DumpViews, "#{File.dirname(__dir__)}/dumps/dump_views"
      autoload :LockWatch, "#{File.dirname(__dir__)}/dumps/lock_watch"
      autoload :ParallelDump, "#{File.dirname(__dir__)}/dumps/parallel_dump"
      autoload :ParallelSource, "#{File.dirname(__dir__)}/dumps/parallel_source"
      autoload :PgDump, "#{File.dirname(__dir__)}/dumps/pg_dump"
      autoload :PgDumpSource, "#{File.dirname(__dir__)}/dumps/pg_dump_source"
      autoload :PoolerCheck, "#{File.dirname(__dir__)}/dumps/pooler_check"
      autoload :RowIndex, "#{File.dirname(__dir__)}/dumps/row_index"
    end
  end
end
