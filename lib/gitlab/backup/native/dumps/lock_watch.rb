# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Looks, over a connection of its own, at what keeps ours and pg_dump's waiting for a lock: once the wait is over
      # the server does not know any more. A pg_dump that waits for too long is called off: for a session that waits for
      # our own locks, and has one it needs, it would wait for ever, and the server sees no deadlock in that.
      class LockWatch
        # Looks in one wait.
        LOOKS = 10
        # The activity of others is looked at once in a transaction, unless that is forgotten.
        FORGET = "SELECT pg_catalog.pg_stat_clear_snapshot()"
        BLOCKED = <<~SQL
          SELECT w.pid AS waiting, w.application_name = $1 AS frame, pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS name,
                 blocking.pid, b.usename, b.application_name, b.query_start::timestamp(0) AS since
          FROM pg_catalog.pg_locks l
          JOIN pg_catalog.pg_stat_activity w ON w.pid = l.pid
          JOIN pg_catalog.pg_class c ON c.oid = l.relation
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
          CROSS JOIN LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(l.pid)) AS blocking (pid)
          LEFT JOIN pg_catalog.pg_stat_activity b ON b.pid = blocking.pid
          WHERE NOT l.granted AND w.datname = pg_catalog.current_database() AND w.usename = current_user
            AND w.application_name IN ($1, pg_catalog.current_setting('application_name'))
          ORDER BY w.pid, blocking.pid LIMIT 1
        SQL

        # snapshot: DatabaseSnapshot, whose connection nobody else uses meanwhile; wait: seconds.
        def initialize(snapshot, wait:)
          @snapshot = snapshot
          @connection = snapshot.connection
          @wait = wait
        end

        # Looks while the block runs, and returns its value.
        def during
          thread = Thread.new { look_again while sleep(@wait.fdiv(LOOKS)) }
          thread.report_on_exception = false
          yield
        ensure
          stop(thread)
        end

        # True if something had to wait: what called that off has ended the waiting.
        def blocked?
          !@seen.nil?
        end

        # String: which table, and who holds it.
        def words
          return "a table was locked by others for #{@wait} s" unless @seen

          "the table #{Printable.name(@seen["name"])} was locked for #{@wait} s by #{holder}"
        end

        private

        # What goes wrong here goes wrong elsewhere as well, and is told there.
        def stop(thread)
          thread&.kill&.join
        rescue PG::Error
          nil
        end

        def look_again
          @connection.exec(FORGET)
          seen = @connection.exec_params(BLOCKED, [DumpFrame.application(@snapshot)]).first
          @since = now unless seen && seen["waiting"] == @waiting
          @waiting = seen&.fetch("waiting")
          @seen = seen || @seen
          call_off if @waiting && seen["frame"] == "t" && now - @since > @wait * 1.5
        end

        def call_off
          @connection.exec_params("SELECT pg_catalog.pg_cancel_backend($1)", [@waiting])
        end

        def holder
          return "a prepared transaction" if @seen["pid"] == "0"

          "the session #{@seen["pid"]} (user #{Printable.name(@seen["usename"])}, application " \
            "#{Printable.name(@seen["application_name"]).inspect}, its query began at #{@seen["since"]})"
        end

        def now
          Process.clock_gettime(Process::CLOCK_MONOTONIC)
        end
      end
    end
  end
end
