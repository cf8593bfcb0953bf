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
          return "".b if all.empty?

          @filled = all.to_h { |relation| [relation.rest.first, relation.rest.last == "t"] }
          @uses = @catalog.rows(USES).group_by(&:first).transform_values { |rows| rows.map(&:last) }
          @sources = @filled.keys.to_h { |id| [id, sources(id)] }
          ordered(all).select { |relation| filled?(relation.rest.first) }.map { |relation| entry(relation) }.join.b
        end

        private

        def entry(relation)
          header = DumpEntry.header(name: relation.name, type: "MATERIALIZED VIEW DATA", schema: relation.schema,
                                    owner: relation.owner)
          "#{header}REFRESH MATERIALIZED VIEW #{relation.quoted};\n\n\n"
        end

        # Ids of the materialized views it is made of, through others and through plain views as well.
        def sources(id)
          seen = { id => true }
          waiting = [id]
          until waiting.empty?
            fresh = (@uses[waiting.shift] || []).reject { |used| seen.key?(used) }
            fresh.each { |used| seen[used] = true }
            waiting.concat(fresh)
          end
          seen.keys.drop(1).select { |used| @filled.key?(used) }
        end

        # One that is made of an empty one cannot be filled.
        def filled?(id)
          [id, *@sources.fetch(id)].all? { |used| @filled.fetch(used) }
        end

        # From the end: of those nobody still waiting needs, the last by name comes last.
        def ordered(relations)
          needs = @sources.values.flatten.tally
          waiting = relations.dup
          placed = []
          until waiting.empty?
            index = waiting.rindex { |relation| !needs[relation.rest.first]&.positive? } || (waiting.size - 1)
            placed.unshift(waiting.delete_at(index))
            @sources.fetch(placed.first.rest.first).each { |id| needs[id] -= 1 }
          end
          placed
        end
      end
    end
  end
end
