# frozen_string_literal: true

require "pg"

module Gitlab
  module Backup
    module Native
      # Who else is connected to a database, and who holds what is to be dropped.
      module DatabaseSessions
        # Some sessions of one program: application, host: Strings; count: Integer.
        Group = Struct.new(:database, :application, :host, :count) do
          def to_s
            "database #{Printable.name(database)}: #{Printable.name(application)} from #{Printable.name(host)} " \
              "(#{Units.count(count, "session")})"
          end
        end

        HOST = "coalesce(client_hostname, host(client_addr), 'this machine')"
        # Of other roles' sessions one who is no superuser sees the role and the program alone: any may be a
        # client's, but those of no role, which are the server's own.
        OTHERS = <<~SQL.freeze
          SELECT coalesce(nullif(application_name, ''), 'unknown program'), #{HOST}, count(*)
          FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND coalesce(backend_type, 'client backend') = 'client backend' AND usesysid IS NOT NULL
          GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
        SQL
        # Who holds one of the database's relations, in transactions, the oldest first. PostgreSQL ends
        # its own vacuuming for us; a prepared transaction has no session.
        HOLDERS = <<~SQL.freeze
          SELECT l.relation::regclass::text AS relation, a.pid, a.xact_start,
                 coalesce(nullif(a.application_name, ''), 'unknown program') AS application, #{HOST} AS host,
                 coalesce(to_char(a.query_start, 'YYYY-MM-DD HH24:MI:SS TZ'), 'an unknown time') AS since
          FROM pg_locks l
          JOIN pg_class c ON c.oid = l.relation
          JOIN pg_namespace n ON n.oid = c.relnamespace
          LEFT JOIN pg_stat_activity a ON a.pid = l.pid
          WHERE l.locktype = 'relation' AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()
            AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
            AND coalesce(a.backend_type, '') <> 'autovacuum worker'
          ORDER BY a.xact_start, a.pid, l.relation LIMIT 1000
        SQL

        # connection: PG::Connection to the database. Returns [Group].
        def self.of(connection, database)
          connection.exec(OTHERS).values.map do |application, host, count|
            Group.new(database.database, application, host, count.to_i)
          end
        end

        # {transaction => String that names its session and a relation it holds}, oldest first.
        def self.holders(connection)
          connection.exec(HOLDERS).each_with_object({}) do |row, holders|
            holders[row.values_at("pid", "xact_start")] ||= words(row)
          end
        end

        def self.words(row)
          session = row["pid"] ? "session #{row["pid"]}" : "a prepared transaction"
          "#{session} (#{Printable.name(row["application"])} from #{Printable.name(row["host"])}, its query " \
            "began #{row["since"]}) holds #{Printable.name(row["relation"])}"
        end
        private_class_method :words
      end
    end
  end
end
