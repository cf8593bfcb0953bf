# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The materialized views that are filled again at the end of a dump, in pg_dump's order.
      class DumpViews
        # Which of them, and of the plain views, a view is made of.
        USES = <<~SQL
          SELECT DISTINCT r.ev_class, d.refobjid
          FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
          JOIN pg_catalog.pg_class used ON used.oid = d.refobjid
          WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
            AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
            AND used.relkind IN ('v', 'm') AND r.ev_class <> d.refobjid
        SQL

        # catalog: DumpCatalog
        def initialize(catalog)
          @catalog = catalog
        end

        # String, binary: their entries.
        def text
          all = @catalog.relations("c.relkind = 'm'", %w[c.oid c.relispopulated])
          @views = all.to_h { |relation| [relation.rest.first, relation] }
          return "".b if all.empty?

          @uses = @catalog.rows(USES).group_by(&:first).transform_values { |rows| rows.map(&:last) }
          ordered(all).select { |relation| filled?(relation) }.map { |relation| entry(relation) }.join.b
        end

        private

        def entry(relation)
          header = DumpEntry.header(name: relation.name, type: "MATERIALIZED VIEW DATA", schema: relation.schema,
                                    owner: relation.owner)
          "#{header}REFRESH MATERIALIZED VIEW #{relation.quoted};\n\n\n"
        end

        # Ids of the materialized views it is made of, through plain views as well.
        def sources(id, seen = [])
          (@uses[id] || []).flat_map do |used|
            next [] if seen.include?(used)

            seen << used
            [*(used if @views.key?(used)), *sources(used, seen)]
          end
        end

        # One that is made of an empty one cannot be filled.
        def filled?(relation)
          [relation.rest.first, *sources(relation.rest.first)].all? { |id| @views.fetch(id).rest.last == "t" }
        end

        # From the end: of those nobody still waiting needs, the last by name comes last.
        def ordered(relations)
          waiting = relations.dup
          placed = []
          until waiting.empty?
            needed = waiting.flat_map { |relation| sources(relation.rest.first) }
            index = waiting.rindex { |relation| !needed.include?(relation.rest.first) } || (waiting.size - 1)
            placed.unshift(waiting.delete_at(index))
          end
          placed
        end
      end
    end
  end
end
