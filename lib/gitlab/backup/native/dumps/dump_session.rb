# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The statements that make a connection see what pg_dump sees, as pg_dump does.
      module DumpSession
        # What pg_dump says first; row security would hide rows.
        SETTINGS = [
          "SELECT pg_catalog.set_config('search_path', '', false)", "SET DATESTYLE = ISO",
          "SET INTERVALSTYLE = POSTGRES", "SET extra_float_digits TO 3", "SET synchronize_seqscans TO off",
          "SET statement_timeout = 0", "SET lock_timeout = 0", "SET idle_in_transaction_session_timeout = 0",
          "SET row_security = off",
          "SELECT pg_catalog.set_config(name, 'view, foreign-table', false) FROM pg_catalog.pg_settings " \
          "WHERE name = 'restrict_nonsystem_relation_kind'"
        ].freeze
        # Ranges of blocks are to be read as such: a sequential scan would read all of the table for each, a parallel
        # one would not keep the order.
        PLANNING = ["SET enable_seqscan = off", "SET enable_tidscan = on", "SET max_parallel_workers_per_gather = 0",
                    "SET jit = off"].freeze
        # Indexes are locked besides, and who waits for one may wait for one of us: such a table is left to the
        # connection that holds all locks.
        WAITING = "SET lock_timeout = '2s'"
        SINCE_17 = ["SET transaction_timeout = 0"].freeze

        # snapshot: DatabaseSnapshot. Returns Array of String.
        def self.statements(snapshot)
          [*SETTINGS, *PLANNING, WAITING, *(SINCE_17 if snapshot.server_major >= 17),
           "BEGIN", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
           "SET TRANSACTION SNAPSHOT #{DumpEntry.literal(snapshot.id)}"]
        end
      end
    end
  end
end
