# frozen_string_literal: true

require "pg"

# A session that stands in a load's way: it locks a table, and sees which of the load's sessions waits for that.
class HeldTable
  WAITING = "SELECT pid, query FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid)) " \
            "AND application_name LIKE 'gitlab-backup%' AND query_start < clock_timestamp() - $2::interval " \
            "ORDER BY query_start LIMIT 1"

  # What the database has set is not for us; and if there is a deadlock, the others are to find it.
  PATIENCE = "SET lock_timeout = 0; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; " \
             "SET idle_session_timeout = 0; SET deadlock_timeout = '1h'"

  # Yields one for the database. cluster: PostgresCluster.
  def self.in(database, cluster)
    held = new(PG.connect(host: cluster.directory, user: PostgresCluster::SUPERUSER, dbname: database,
                          application_name: "holder"))
    yield held
  ensure
    held&.close
  end

  def initialize(connection)
    @connection = connection
    @connection.exec(PATIENCE)
    @watch = PG.connect(connection.conninfo_hash.compact)
    @watch.exec(PATIENCE)
    @mutex = Mutex.new
  end

  # Locks it, the first time this is called only.
  def hold(table)
    @mutex.synchronize do
      @connection.exec("BEGIN; LOCK TABLE #{table} IN ACCESS EXCLUSIVE MODE") unless @held
      @held = true
    end
  end

  # [pid, query] of who waits for it, for that long at least ("1 s").
  def waiting(long: "0 s")
    600.times do
      row = @watch.exec_params(WAITING, [@connection.backend_pid, long]).values.first
      return row if row

      sleep 0.05
    end
    raise "nobody came to wait"
  end

  # Locks another one in the same transaction; waits for it.
  def hold_more(table)
    @connection.exec("LOCK TABLE #{table} IN ACCESS EXCLUSIVE MODE")
  end

  # Cancels the statement of that session.
  def cancel(pid)
    @watch.exec_params("SELECT pg_cancel_backend($1)", [pid])
  end

  def terminate(pid)
    @watch.exec_params("SELECT pg_terminate_backend($1)", [pid])
  end

  def let_go
    @connection.exec("ROLLBACK")
  end

  def close
    [@connection, @watch].each(&:close)
  rescue PG::Error
    nil # the server is gone
  end
end
