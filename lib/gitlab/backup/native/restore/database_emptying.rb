# frozen_string_literal: true

require "pg"

module Gitlab
  module Backup
    module Native
      # Makes a database empty again that was: all that has come into it since is dropped. One statement at a time, as
      # thousands of tables in one transaction would need more locks than a server has.
      class DatabaseEmptying
        LOCK_SECONDS = 10
        RELATIONS = <<~SQL.freeze
          SELECT format('DROP %s IF EXISTS %I.%I CASCADE', CASE relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW'
                        WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END,
                        n.nspname, relname)
          FROM pg_class o JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
          #{format(DatabaseRemains::THEIRS, catalog: "pg_class")}
          ORDER BY relkind IN ('r', 'p'), relkind = 'r'
        SQL
        # Those that GitLab drops, too.
        PARTITIONS = <<~SQL.freeze
          SELECT format('DROP SCHEMA IF EXISTS %I CASCADE', nspname) FROM pg_namespace
          WHERE nspname IN (#{DatabaseCleaner::SCHEMAS.map { |name| "'#{name}'" }.join(", ")})
        SQL
        OBJECTS = [RELATIONS, DatabaseRemains::TYPES, DatabaseRemains::ROUTINES, PARTITIONS].freeze
        # With those that come with the database.
        OTHERS = [<<~SCHEMAS, <<~EXTENSIONS].freeze
          SELECT format('DROP SCHEMA IF EXISTS %I CASCADE', nspname) FROM pg_namespace
          WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
        SCHEMAS
          SELECT format('DROP EXTENSION IF EXISTS %I CASCADE', extname) FROM pg_extension
        EXTENSIONS

        # database: Database; account: Account to connect as, or nil.
        def initialize(database, account:)
          @database = database
          @account = account
        end

        # True if it has nothing of its own; schemas and extensions it has are left to it. Raises DatabaseError.
        def empty?
          connected do |connection|
            @before = OTHERS.flat_map { |query| statements(connection, query) }
            OBJECTS.all? { |query| statements(connection, query).empty? }
          end
        end

        # Drops all that was not there when it was found to be empty. Raises DatabaseError; blocks on the server.
        def call
          connected do |connection|
            connection.exec("SET lock_timeout = '#{LOCK_SECONDS}s'; SET client_min_messages = error")
            OBJECTS.each { |query| statements(connection, query).each { |statement| connection.exec(statement) } }
            more = OTHERS.flat_map { |query| statements(connection, query) } - @before
            more.each { |statement| connection.exec(statement) }
          end
        end

        private

        def statements(connection, query)
          connection.exec(query).column_values(0)
        end

        def connected(&block)
          DatabaseConnection.open(@database, account: @account, &block)
        rescue PG::Error => e
          raise DatabaseError, "cannot empty the database (#{@database.description}): #{Printable.line(e.message)}"
        end
      end
    end
  end
end
