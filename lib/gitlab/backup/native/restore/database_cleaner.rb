# frozen_string_literal: true

require "pg"

module Gitlab
  module Backup
    module Native
      # Drops what GitLab's own task gitlab:db:drop_tables drops: views, tables, the schemas of
      # partitions. Extensions, functions and schema_migrations (emptied) stay.
      #
      # Thousands of tables in one transaction would need more locks than a server has, so it
      # goes in batches, and what may bring hundreds of partitions along goes alone. Whoever is
      # in the way is best looked for before (#check). An error whose status is :untouched says
      # that nothing was dropped.
      class DatabaseCleaner
        LOCK_SECONDS = 10
        BATCH = 40
        SCHEMAS = %w[gitlab_partitions_dynamic gitlab_partitions_static].freeze
        # Of the schemas in the search path, as Rails looks for them; partitions go with their table.
        STATEMENTS = <<~SQL
          SELECT CASE c.relkind WHEN 'v' THEN 'DROP VIEW IF EXISTS ' WHEN 'm' THEN 'DROP MATERIALIZED VIEW IF EXISTS '
                 ELSE 'DROP TABLE IF EXISTS ' END || format('%I.%I', n.nspname, c.relname) || ' CASCADE',
                 c.relkind = 'p'
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname = ANY (current_schemas(false)) AND c.relkind IN ('v', 'm', 'r', 'p')
            AND c.relname <> 'schema_migrations'
            AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                            AND d.deptype = 'e')
          ORDER BY c.relkind IN ('r', 'p'), n.nspname, c.relname
        SQL
        TRUNCATE = "SELECT format('TRUNCATE %I.%I', schemaname, tablename) FROM pg_tables " \
                   "WHERE tablename = 'schema_migrations' AND schemaname = ANY (current_schemas(false))"

        # database: Database; account: Account to connect as, or nil.
        def initialize(database, account:)
          @database = database
          @account = account
          @done = 0
        end

        # Waits until nobody holds anything in the database. Raises DatabaseError that names
        # the session if one still does after ten seconds.
        def check
          connected { wait_for_others }
        end

        # Raises DatabaseError; what was dropped by then stays dropped, and the message says how much.
        def call
          connected do
            batches.each { |batch| run(batch) }
          end
        end

        private

        def connected
          DatabaseConnection.open(@database, account: @account) do |connection|
            @connection = connection
            @connection.exec("SET lock_timeout = '#{LOCK_SECONDS}s'; SET client_min_messages = error")
            yield
          end
        rescue PG::Error => e
          raise_with_progress "cannot clean the database (#{@database.description}): #{Printable.line(e.message)}"
        end

        # What #run runs in one transaction each.
        def batches
          schemas = SCHEMAS.map { |schema| ["DROP SCHEMA IF EXISTS #{schema} CASCADE"] }
          [@connection.exec(TRUNCATE).column_values(0), *drops(STATEMENTS), *schemas]
        end

        # query: returns statements, and of each whether it is to go alone.
        def drops(query)
          parted, plain = @connection.exec(query).values.partition { |_, alone| alone == "t" }
          [*plain.map(&:first).each_slice(BATCH), *parted.map { |statement, _| [statement] }]
        end

        # Transactions that begin meanwhile are waited for by each DROP itself.
        def wait_for_others
          holders = DatabaseSessions.holders(@connection)
          (LOCK_SECONDS * 5).times do
            return if holders.empty?

            sleep 0.2
            holders = holders.slice(*DatabaseSessions.holders(@connection).keys)
          end
          raise_with_progress(blocked(holders.values.first)) if holders.any?
        end

        def run(batch)
          @connection.transaction { batch.each { |statement| @connection.exec(statement) } }
          @done += batch.size
        rescue PG::LockNotAvailable
          raise_with_progress blocked(DatabaseSessions.holders(@connection).values.first)
        rescue PG::InsufficientPrivilege => e
          raise_with_progress "no permission to clean the database (#{@database.description}) as the role " \
                              "'#{@connection.user}': #{Printable.line(e.message)}: make it the owner of the " \
                              "database and of what is in it"
        end

        def blocked(holder)
          "cannot clean the database (#{@database.description}), as it is in use: " \
            "#{holder || "the session has ended by now"}: stop that program, " \
            "or end the session with pg_terminate_backend"
        end

        def raise_with_progress(message)
          raise DatabaseError.new("#{message}; nothing was dropped", status: :untouched) if @done.zero?

          raise DatabaseError, "#{message}; #{Units.count(@done, "object")} had been dropped by then"
        end
      end
    end
  end
end
