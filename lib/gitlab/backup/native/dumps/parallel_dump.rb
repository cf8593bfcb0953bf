# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # pg_dump's text of one database, made over several connections that all see the same snapshot.
      class ParallelDump
        # Lock requests of others are waited for that long before the run starts anew.
        LOCK_TIMEOUT = "SET lock_timeout = '60s'"
        NO_LOCK_TIMEOUT = "SET lock_timeout = 0"

        # String why this database is left to pg_dump, or nil. connection: in the snapshot's transaction.
        def self.objection(snapshot, pg_dump_major)
          return "its server is older than PostgreSQL 14" if snapshot.server_major < 14
          return "pg_dump is of another version than the server" unless pg_dump_major == snapshot.server_major

          DumpCatalog.new(snapshot.connection).objection
        end

        # snapshot: DatabaseSnapshot; pg_dump: path; account: Account or nil; jobs: connections that read.
        def initialize(snapshot, pg_dump:, account:, jobs:)
          @snapshot = snapshot
          @pg_dump = pg_dump
          @account = account
          @jobs = jobs
          @catalog = DumpCatalog.new(snapshot.connection)
          @tables = DumpTables.new(@catalog)
        end

        # Integer: connections that read, after #write
        attr_reader :connections

        # Writes the text to `io`. Yields a Progress. Raises DatabaseError; blocks on the server and on `io`.
        def write(io, &progress)
          Dump.open do |dump|
            connect(dump, [LOCK_TIMEOUT, *@tables.locks, NO_LOCK_TIMEOUT])
            frame = DumpFrame.new(@snapshot, pg_dump: @pg_dump, account: @account)
            tables = @tables.to_a
            @connections = open_readers(dump, tables)
            io.write(frame.head)
            dump.run(tables, io.tap(&:flush), &progress)
            io.write(DumpSequences.new(@catalog).text, frame.tail, DumpViews.new(@catalog).text, frame.trailer)
          end
        rescue PG::Error => e
          raise DatabaseError, "the database cannot be read (#{@snapshot.database.description}): " \
                               "#{Printable.line(e.message)}"
        end

        private

        def connect(dump, more = [])
          params = DatabaseConnection::COMMON.merge(@snapshot.database.connection_params)
          statements = DumpSession.statements(@snapshot) + more
          return dump.connect(params, statements) unless @account

          @account.as_effective { dump.connect(params, statements) }
        end

        # As many as the server lets us have, one at least.
        def open_readers(dump, tables)
          wanted = @jobs.clamp(1, [tables.size, 1].max)
          wanted.times do |count|
            connect(dump)
          rescue DatabaseError
            raise if count.zero?

            return count
          end
          wanted
        end
      end
    end
  end
end
