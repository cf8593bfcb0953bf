# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What sequences have come to. No snapshot holds them still, so they are read after the rows, which then
      # never have a number that the sequence has still to give.
      class DumpSequences
        AT_ONCE = 200

        # catalog: DumpCatalog
        def initialize(catalog)
          @catalog = catalog
        end

        # Raises DatabaseError, as reading them would once all rows are written, when one may not be read.
        def check
          closed = @catalog.relations("c.relkind = 'S' AND NOT pg_catalog.has_table_privilege(c.oid, 'SELECT')").first
          raise DatabaseError, "permission denied for sequence #{Printable.name(closed.quoted)}" if closed
        end

        # String, binary: their entries. Raises PG::Error.
        def text
          standard = @catalog.setting("standard_conforming_strings") == "on"
          all = @catalog.relations("c.relkind = 'S'")
          all.each_slice(AT_ONCE).flat_map { |slice| entries(slice, standard) }.join.b
        end

        private

        def entries(relations, standard)
          values = values_of(relations)
          relations.each_with_index.map do |relation, index|
            header = DumpEntry.header(name: relation.name, type: "SEQUENCE SET", schema: relation.schema,
                                      owner: relation.owner)
            last, called = values.fetch(index.to_s)
            name = DumpEntry.literal(relation.quoted, standard: standard)
            "#{header}SELECT pg_catalog.setval(#{name}, #{last}, #{called == "t"});\n\n\n"
          end
        end

        def values_of(relations)
          sql = relations.each_with_index.map do |relation, index|
            "SELECT #{index}, last_value, is_called FROM #{relation.quoted}"
          end
          @catalog.rows(sql.join(" UNION ALL ")).to_h { |index, *values| [index, values] }
        end
      end
    end
  end
end
