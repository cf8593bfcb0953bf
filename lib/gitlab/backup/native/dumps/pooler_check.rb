# frozen_string_literal: true

require "pg"
require "securerandom"

module Gitlab
  module Backup
    module Native
      # Whether a connection is one session of the server from its first statement to its last. A pooler between us may
      # give each transaction another one: then settings and snapshots are gone when they are needed, and what we set
      # is set for GitLab.
      class PoolerCheck
        # Any name will do that is nobody's; a server keeps such settings without knowing them.
        MARK = "gitlab_backup_native.session"
        SESSION = "SELECT pg_catalog.pg_backend_pid(), pg_catalog.current_setting('#{MARK}', true)".freeze
        # A pool that has no session more lets us wait for one.
        SECONDS = 5

        # database: Database; account: Account or nil.
        def initialize(database, account:)
          @database = database
          @account = account
        end

        # connection: PG::Connection to it, in no transaction. Raises DatabaseError when its sessions change; blocks on
        # the server.
        def call(connection)
          @mark = SecureRandom.hex(8)
          connection.exec("SET #{MARK} = '#{@mark}'")
          session = marked(connection)
          return if session && session == marked(connection) && (session == connection.backend_pid || kept?(connection))

          raise DatabaseError, "the database (#{@database.description}) is reached through #{pooler}, which gives " \
                               "transactions different sessions: set #{@database.direct_variables} to PostgreSQL itself"
        end

        private

        # Integer: the session's process, nil when it has not our mark or does not answer.
        def marked(connection)
          pid, mark = answer(connection, SESSION)
          pid.to_i if mark == @mark
        end

        # The number the connection was given is not the server's, so there is somebody in between. The session that
        # has just become free is what a pooler would give to the next who asks.
        def kept?(connection)
          DatabaseConnection.open(@database, account: @account) do |other|
            !answer(other, "BEGIN; SELECT 1").nil? && !marked(connection).nil?
          rescue PG::Error
            false # there are poolers that know no transactions
          end
        end

        # First row of what the last statement returns, nil when there is no answer.
        def answer(connection, sql)
          connection.send_query(sql)
          return connection.get_last_result.values.first if connection.block(SECONDS)

          connection.cancel && nil
        end

        # Its own database answers administrators only.
        def pooler
          params = @database.connection_params.merge(dbname: "pgbouncer", connect_timeout: SECONDS)
          connection = PG.connect(params)
          connection.exec("SHOW VERSION").getvalue(0, 0)
        rescue PG::Error
          "a connection pooler"
        ensure
          connection&.close
        end
      end
    end
  end
end
