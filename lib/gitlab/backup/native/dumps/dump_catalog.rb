# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What is in a database, as far as its data is concerned: asked in the snapshot's own transaction. Names are
      # binary.
      class DumpCatalog
        # Schemas pg_dump leaves out, and what belongs to an extension.
        OURS = <<~SQL
          n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                          AND d.objid = c.oid AND d.deptype = 'e')
        SQL
        # A standby has no content of what is not logged.
        THERE = "(c.relpersistence <> 'u' OR NOT pg_catalog.pg_is_in_recovery())"
        NAMES = "n.nspname, c.relname, pg_catalog.pg_get_userbyid(c.relowner), " \
                "pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)"
        FROM = "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        # To ask for a table's size takes a lock, and whoever waits for the table before us waits for our own locks as
        # well: the server sees no deadlock in that.
        SETTINGS = "SET LOCAL quote_all_identifiers = off; SET LOCAL search_path = ''; " \
                   "SET LOCAL lock_timeout = '60s'; SET LOCAL jit = off"
        # A sequence whose table is an extension's while it is not itself, or the other way round.
        HALF_MEMBERS = <<~SQL
          pg_catalog.pg_depend owned
          JOIN pg_catalog.pg_class s ON s.oid = owned.objid AND s.relkind = 'S'
          WHERE owned.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND owned.refclassid = owned.classid
            AND owned.deptype IN ('a', 'i')
            AND EXISTS (SELECT FROM pg_catalog.pg_depend d
                        WHERE d.classid = owned.classid AND d.objid = owned.objid AND d.deptype = 'e')
             <> EXISTS (SELECT FROM pg_catalog.pg_depend d
                        WHERE d.classid = owned.classid AND d.objid = owned.refobjid AND d.deptype = 'e')
        SQL

        Relation = Struct.new(:schema, :name, :owner, :quoted, :rest)

        # connection: PG::Connection in the snapshot's transaction
        def initialize(connection)
          @connection = connection
          @connection.exec(SETTINGS)
        end

        # Relations of a kind in pg_dump's order. columns: more SQL expressions, which become `rest`.
        def relations(condition, columns = [])
          rows("SELECT #{[NAMES, *columns].join(", ")} #{FROM} WHERE #{condition} AND #{THERE} AND #{OURS}")
            .map { |schema, name, owner, quoted, *rest| Relation.new(schema, name, owner, quoted, rest) }
            .sort_by { |relation| [relation.schema, relation.name] }
        end

        # Array of rows, each an Array of binary Strings and nils.
        def rows(sql)
          rows = @connection.exec(sql).values
          rows.each { |row| row.each { |value| value&.force_encoding(Encoding::BINARY) } }
        end

        # String: a setting of the session
        def setting(name)
          rows("SELECT pg_catalog.current_setting(#{DumpEntry.literal(name)})")[0][0]
        end

        # String why this engine cannot dump the database as pg_dump would, or nil.
        def objection
          return "its encoding is not UTF-8" unless setting("server_encoding") == "UTF8"
          return "client_encoding is not UTF-8" unless %w[UTF8 UNICODE].include?(setting("client_encoding"))
          return "it has large objects" if any?("pg_catalog.pg_largeobject_metadata")
          return "an extension has a sequence and not its table, or only the table" if any?(HALF_MEMBERS)

          "an extension has tables whose rows are dumped" if any?("pg_catalog.pg_extension WHERE extconfig IS NOT NULL")
        end

        private

        def any?(from)
          rows("SELECT EXISTS (SELECT FROM #{from})") == [["t"]]
        end
      end
    end
  end
end
