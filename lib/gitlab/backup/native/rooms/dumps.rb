# frozen_string_literal: true

module Gitlab
  module Backup
    # dumps: one database by many connections, and the same text as pg_dump's
    module Native
      autoload :DumpCatalog, "#{File.dirname(__dir__)}/dumps/dump_catalog"
      autoload :DumpEntry, "#{File.dirname(__dir__)}/dumps/dump_entry"
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
      autoload :RowIndex, "#{File.dirname(__dir__)}/dumps/row_index"
    end
  end
end
