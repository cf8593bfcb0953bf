# frozen_string_literal: true

require "pg"

module Gitlab
  module Backup
    module Native
      # One moment of a database, held by a transaction of our own: pg_dump sees the
      # database as it was when the snapshot was taken, however much later it starts.
      class DatabaseSnapshot
        # Tables, materialized views and what is stored out of line; not the catalog, not indexes.
        RELATIONS = "FROM pg_class WHERE oid >= 16384 AND relkind IN ('r', 'm', 't')"
        SIZE = "SELECT coalesce(sum(pg_relation_size(oid)), 0) #{RELATIONS}".freeze
        # The same as the server counted it last: waits for nobody's lock.
        COUNTED = "SELECT coalesce(sum(relpages), 0) * current_setting('block_size')::bigint #{RELATIONS}".freeze

        # Database
        attr_reader :database
        # String: the snapshot's name, for `pg_dump --snapshot`
        attr_reader :id
        # PG::Connection in the transaction that holds the snapshot
        attr_reader :connection

        # The snapshots of several databases, one right after the other: all or none.
        def self.take_all(databases, account:)
          taken = []
          databases.each_with_object(taken) { |database, list| list << take(database, account: account) }
        ensure
          taken.each(&:release) if taken.size < databases.size
        end

        # database: Database; account: Account to connect as, or nil. Returns a
        # DatabaseSnapshot that holds a connection until #release. Raises
        # DatabaseError; blocks on the server.
        def self.take(database, account:)
          connection = DatabaseConnection.connect(database, account: account)
          PoolerCheck.new(database, account: account).call(connection)
          snapshot = new(database, connection)
        rescue PG::Error => e
          raise DatabaseError, "cannot take a snapshot of the database (#{database.description}): " \
                               "#{Printable.line(e.message)}"
        ensure
          connection&.close unless snapshot
        end

        def initialize(database, connection)
          @database = database
          @connection = connection
          keep_alive
          export
        end

        # Takes another one in its place. Raises DatabaseError; blocks on the server.
        def renew
          @connection.exec("ROLLBACK")
          export
        rescue PG::Error => e
          raise DatabaseError, Printable.line(e.message)
        end

        # True if its transaction is still there.
        def alive?
          @connection.exec("SELECT 1")
          @connection.transaction_status == PG::PQTRANS_INTRANS
        rescue PG::Error
          false
        end

        # Integer: the server's major version, 15
        def server_major
          @connection.server_version / 10_000
        end

        # Integer: bytes the data takes on the server's disk, or nil when a lock that
        # somebody holds keeps us from knowing. A dump is of about that size.
        def size
          @connection.exec("SAVEPOINT size; SET LOCAL lock_timeout = '1s'")
          @connection.exec(SIZE).getvalue(0, 0).to_i
        rescue PG::QueryCanceled, PG::LockNotAvailable
          nil
        ensure
          @connection.exec("ROLLBACK TO SAVEPOINT size") unless @connection.transaction_status == PG::PQTRANS_UNKNOWN
        end

        # Ends the transaction, and what it is at. A connection that is lost by now has ended it already.
        def release
          return if @connection.finished?

          @connection.cancel if @connection.transaction_status == PG::PQTRANS_ACTIVE
          @connection.close
        end

        private

        def export
          @connection.exec("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
          @id = @connection.exec("SELECT pg_export_snapshot()").getvalue(0, 0)
        end

        # A transaction that idles while other databases are dumped must not be ended for it, nor what it asks for.
        def keep_alive
          %w[idle_in_transaction_session_timeout statement_timeout lock_timeout].each do |name|
            @connection.exec("SET #{name} = 0")
          end
          @connection.exec("SET transaction_timeout = 0") if server_major >= 17
        end
      end
    end
  end
end
