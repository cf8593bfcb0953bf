# frozen_string_literal: true

require "pg"

module Gitlab
  module Backup
    module Native
      # Drops what GitLab's way of emptying a database leaves in it: functions, types, sequences and schema_migrations.
      # Its old content brings its own back; those of a backup would stay beside them. What belongs to an extension
      # stays, and so does what the role may not drop: that was there before.
      class DatabaseRemains
        THEIRS = <<~SQL
          AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS (
            SELECT FROM pg_depend d
            WHERE d.classid = '%<catalog>s'::regclass AND d.objid = o.oid AND d.deptype IN ('e', 'i'))
        SQL
        RELATIONS = <<~SQL.freeze
          SELECT format('DROP %s IF EXISTS %I.%I CASCADE', CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
                        n.nspname, relname)
          FROM pg_class o JOIN pg_namespace n ON n.oid = relnamespace
          WHERE (relkind = 'S' OR relkind = 'r' AND relname = 'schema_migrations')
          #{format(THEIRS, catalog: "pg_class")}
        SQL
        ROUTINES = <<~SQL.freeze
          SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', o.oid::regprocedure)
          FROM pg_proc o JOIN pg_namespace n ON n.oid = pronamespace WHERE true #{format(THEIRS, catalog: "pg_proc")}
        SQL
        # Not those of tables, arrays and the multiranges of a range.
        TYPES = <<~SQL.freeze
          SELECT format('DROP TYPE IF EXISTS %I.%I CASCADE', n.nspname, typname)
          FROM pg_type o JOIN pg_namespace n ON n.oid = typnamespace LEFT JOIN pg_class c ON c.oid = typrelid
          WHERE (typtype IN ('e', 'd', 'r') OR typtype = 'b' AND typelem = 0 OR c.relkind = 'c')
          #{format(THEIRS, catalog: "pg_type")}
        SQL

        # database: Database; account: Account to connect as, or nil.
        def initialize(database, account:)
          @database = database
          @account = account
        end

        # Raises DatabaseError; blocks on the server.
        def call
          DatabaseConnection.open(@database, account: @account) do |connection|
            connection.exec("SET client_min_messages = error")
            [RELATIONS, TYPES, ROUTINES].each do |query|
              connection.exec(query).column_values(0).each { |statement| drop(connection, statement) }
            end
          end
        rescue PG::Error => e
          raise DatabaseError, "cannot clean the database (#{@database.description}): #{Printable.line(e.message)}"
        end

        private

        def drop(connection, statement)
          connection.exec(statement)
        rescue PG::InsufficientPrivilege
          nil
        end
      end
    end
  end
end
