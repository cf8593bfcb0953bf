# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # pg_dump's text of one database, made over several connections that all see the same snapshot.
      class ParallelDump
        # Seconds others' locks are waited for.
        LOCK_WAIT = 60
        # Connections the core takes, besides the keeper's.
        MOST = 128

        # String why this database is left to pg_dump, or nil. snapshot: DatabaseSnapshot; pg_dump_major: Integer.
        def self.objection(snapshot, pg_dump_major)
          return "its server is older than PostgreSQL 14" if snapshot.server_major < 14
          return "pg_dump is of another version than the server" unless pg_dump_major == snapshot.server_major

          DumpCatalog.new(snapshot.connection).objection
        end

        # snapshot: DatabaseSnapshot; pg_dump: path; account: Account or nil; jobs: connections that read at most.
        def initialize(snapshot, pg_dump:, account:, jobs:)
          @snapshot = snapshot
          @pg_dump = pg_dump
          @account = account
          @jobs = jobs
        end

        # Integers, once it is open: connections that read, and how many were wanted.
        attr_reader :connections, :wanted
        # DumpTally, once it is open.
        attr_reader :tally
        # String: why there is no connection more, if fewer than wanted.
        attr_reader :refusal
        # String or nil: the table that is written, and how far.
        attr_reader :position

        # String: what pg_dump had to say, "" mostly.
        def words
          @frame.words
        end

        # Connects, takes the locks and has pg_dump write its frame; yields itself, and closes the connections however
        # that ends. Returns the block's value. Raises DatabaseError: of status :locked when somebody held a table for
        # too long, :stale when pg_dump failed, :unfit when its text is not what it should be. Blocks on the server.
        def open
          Dump.open do |dump|
            @dump = dump
            prepare
            open_readers
            yield self
          end
        rescue PG::LockNotAvailable
          raise DatabaseError.new(LockWatch.new(@snapshot, wait: LOCK_WAIT).words, status: :locked)
        rescue PG::Error => e
          raise DatabaseError, Printable.line(e.message)
        end

        # [RowIndex::Rows] of what was written.
        def rows
          RowIndex.rows(@tables, @counts, from: @frame.head.bytesize)
        end

        # Writes the text to `io`; opens it for that if it is not open. Raises DatabaseError; blocks on the server and
        # on `io`.
        def write(io)
          return self.open { write(io) } unless @frame

          io.write(@frame.head)
          run(io.tap(&:flush))
          io.write(DumpSequences.new(@catalog).text, @frame.tail, DumpViews.new(@catalog).text, @frame.trailer)
        rescue PG::Error => e
          raise DatabaseError, Printable.line(e.message)
        end

        private

        # Sizes are asked for at once: whoever waits for our locks keeps that from being answered.
        def prepare
          @catalog = DumpCatalog.new(@snapshot.connection)
          selection = DumpTables.new(@catalog)
          DumpSequences.new(@catalog).check
          watched(method(:refusal_of)) { connect(locking(selection)) }
          selection.check
          @tables = selection.to_a
          @tally = DumpTally.new(@tables)
          watched(method(:failure_of)) do
            @frame = DumpFrame.new(@snapshot, pg_dump: @pg_dump, account: @account, lock_wait: LOCK_WAIT)
          end
        end

        def locking(selection)
          ["SET lock_timeout = '#{(LOCK_WAIT * 1000).to_i}ms'", *selection.locks]
        end

        # meaning: what a DatabaseError of the block means, if no lock was in its way.
        def watched(meaning, &block)
          watch = LockWatch.new(@snapshot, wait: LOCK_WAIT)
          watch.during(&block)
        rescue DatabaseError => e
          error = meaning.call(e)
          raise error unless error.status == :locked || watch.blocked?

          raise DatabaseError.new(watch.words, status: :locked)
        end

        # pg_dump looks at the snapshot and at what is there now: something may have been dropped in between.
        def failure_of(error)
          status = error.status == :unfit ? :unfit : :stale
          DatabaseError.new(error.message, status: (status if @snapshot.alive?))
        end

        def refusal_of(error)
          DumpRefusal.new(@snapshot).error(error.message)
        end

        def connect(more = [])
          params = DatabaseConnection::COMMON.merge(@snapshot.database.connection_params)
          statements = DumpSession.statements(@snapshot) + more
          Account.as(@account) { @dump.connect(params, statements) }
        end

        # As many as the server lets us have, one at least.
        def open_readers
          @wanted = @jobs.clamp(1, [@tally.chunks, 1].max).clamp(1, MOST)
          @connections = 0
          @wanted.times do
            connect
            @connections += 1
          end
        rescue DatabaseError => e
          raise refusal_of(e) if @connections.zero?

          @refusal = refusal_of(e).message
        end

        def run(io)
          @tally.counts = @counts = @dump.run(@tables, io) do |progress|
            @tally.counts = @dump.tallies
            @position = @tally.position(progress.entries)
          end
        end
      end
    end
  end
end
