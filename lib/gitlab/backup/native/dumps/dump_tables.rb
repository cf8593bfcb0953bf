# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The tables whose rows are dumped, in pg_dump's order, each with its text and how it is cut.
      class DumpTables
        # Bytes of a range, on disk.
        RANGE = 4 * 1024 * 1024
        # Out of line, on average: more means that a single row may be very large.
        WIDE = 1024 * 1024
        COLUMNS = <<~SQL
          (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum)
           FROM pg_catalog.pg_attribute a
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '')
        SQL
        BLOCK = "pg_catalog.current_setting('block_size')::bigint"
        BLOCKS = "pg_catalog.pg_relation_size(c.oid) / #{BLOCK}".freeze
        TOAST = "CASE WHEN c.reltoastrelid = 0 THEN 0 ELSE pg_catalog.pg_relation_size(c.reltoastrelid) END"
        HEAP = "EXISTS (SELECT FROM pg_catalog.pg_am m WHERE m.oid = c.relam AND m.amname = 'heap')"
        # The topmost table, where rows may land in another partition on another machine: hashes of enum values differ.
        ROOT = <<~SQL
          (SELECT pg_catalog.quote_ident(rn.nspname) || '.' || pg_catalog.quote_ident(r.relname)
           FROM pg_catalog.pg_class r JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
           WHERE c.relispartition AND r.oid = pg_catalog.pg_partition_root(c.oid) AND EXISTS (
             SELECT FROM pg_catalog.pg_partition_ancestors(c.oid) ancestor
             JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = ancestor
             JOIN pg_catalog.pg_opclass o ON o.oid = ANY (p.partclass)
             JOIN pg_catalog.pg_am m ON m.oid = o.opcmethod
             WHERE o.opcname = 'enum_ops' AND m.amname = 'hash'))
        SQL
        ALL = "c.relkind IN ('r', 'p')"
        WITH_ROWS = "c.relkind = 'r'"
        # The function knows the file there is, the catalog that of the snapshot.
        REWRITTEN = "#{WITH_ROWS} AND c.relfilenode <> pg_catalog.pg_relation_filenode(c.oid)".freeze
        # Probably of more than a range: what is known without a lock. Tables have -1 rows until somebody looks.
        LARGE = <<~SQL.freeze
          c.relkind = 'r' AND CASE WHEN c.reltuples < 0 THEN pg_catalog.pg_stat_get_tuples_inserted(c.oid) > 1000
            ELSE #{RANGE} < #{BLOCK} * (c.relpages + coalesce(
              (SELECT toast.relpages FROM pg_catalog.pg_class toast WHERE toast.oid = c.reltoastrelid), 0)) END
        SQL

        # catalog: DumpCatalog
        def initialize(catalog)
          @catalog = catalog
        end

        # Array of Dump::Table.
        def to_a
          @catalog.relations(WITH_ROWS, [COLUMNS, BLOCKS, TOAST, HEAP, ROOT, BLOCK, "c.reltuples::bigint"])
                  .map { |relation| table(relation) }
        end

        # Statements that lock all of them, as one connection takes them at once; [] without tables. Who plans to read
        # a table locks its indexes, too: where several connections read a table, the one that holds all locks plans
        # that as well. Else a REINDEX that waits for one of them would be waited for by the next.
        def locks
          in_slices(ALL) { |names| ["LOCK TABLE #{names.join(", ")} IN ACCESS SHARE MODE"] } +
            in_slices(LARGE) do |names|
              selects = names.map { |name| "SELECT FROM #{name}" }
              ["DECLARE plan CURSOR FOR #{selects.join(" UNION ALL ")}", "CLOSE plan"]
            end
        end

        # Raises DatabaseError of status :stale when the snapshot may not find a table's rows any more: what was
        # truncated since is empty in it, too. To be called once they are locked.
        def check
          table = @catalog.relations(REWRITTEN).first or return
          raise DatabaseError.new("the table #{Printable.name(table.quoted)} was truncated or rewritten just now",
                                  status: :stale)
        end

        private

        def in_slices(condition, &statements)
          names = @catalog.relations(condition).map { |relation| "ONLY #{relation.quoted}" }
          names.each_slice(100).flat_map(&statements)
        end

        def table(relation)
          columns, blocks, toast, heap, root, block_size, rows = relation.rest
          common = { name: relation.quoted, before: before(relation, columns, root), after: "\\.\n\n\n",
                     lock: "LOCK TABLE ONLY #{relation.quoted} IN ACCESS SHARE MODE NOWAIT" }
          wide = wide?(blocks.to_i, toast.to_i, rows.to_i)
          return Dump::Table.new(**common, copy: whole(relation, columns), wide: wide) if wide || heap != "t"

          Dump::Table.new(**common, select: "SELECT #{columns} FROM ONLY #{relation.quoted}", blocks: blocks.to_i,
                                    step: step(blocks.to_i, toast.to_i, block_size.to_i))
        end

        def whole(relation, columns)
          "COPY #{relation.quoted} #{"(#{columns})" if columns} TO STDOUT"
        end

        def before(relation, columns, root)
          header = DumpEntry.header(name: relation.name, type: "TABLE DATA", schema: relation.schema,
                                    owner: relation.owner, prefix: "Data for ")
          note = root ? "-- load via partition root #{root}\n\n" : ""
          "#{header}#{note}COPY #{root || relation.quoted} #{"(#{columns})" if columns} FROM stdin;\n"
        end

        # libpq keeps a buffer of the longest row it has seen: such a table is read at once, by one connection in its
        # turn. A table that was never analyzed has -1 rows; then each block is taken to have one.
        def wide?(blocks, toast, rows)
          toast > WIDE * [rows.positive? ? rows : blocks, 1].max
        end

        def step(blocks, toast, block_size)
          return 1 if blocks.zero?

          [RANGE / (block_size + (toast / blocks)), 1].max
        end
      end
    end
  end
end
