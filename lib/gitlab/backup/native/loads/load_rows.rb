# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Makes units of COPYs that follow each other: a large table alone, small neighbours together, and what goes into
      # one table (partitions that are loaded through their root) one after the other.
      class LoadRows
        # That many bytes are worth a reader and a statement's round trips of their own.
        BUNDLE = 8 * 1024 * 1024

        # copies: [[Load::Statement, table]], as in the text without gaps; slices: LoadSlices, or nil to leave the rows
        # of a table in their order.
        def initialize(copies, slices: nil)
          @copies = copies
          @slices = slices
          @counts = copies.map(&:last).tally
        end

        # [LoadUnit]
        def units
          runs = @copies.slice_when { |one, other| alone?(one) || alone?(other) }
          lone, small = runs.partition { |run| alone?(run.first) }
          lone_units(lone.flatten(1)) + small.flat_map { |run| bundles(run) }.map { |bundle| bundled(bundle) }
        end

        private

        def alone?((statement, table))
          statement.length >= BUNDLE || @counts[table] > 1
        end

        def bundles(run)
          run.each_with_object([[]]) do |copy, list|
            list << [] if list.last.sum { |statement, _| statement.length } >= BUNDLE
            list.last << copy
          end
        end

        def bundled(bundle)
          statements, tables = bundle.transpose
          unit([LoadPart.of(statements)], tables)
        end

        def lone_units(copies)
          copies.group_by(&:last).flat_map { |table, own| units_of(table, own.map(&:first)) }
        end

        def units_of(table, statements)
          sliced = @slices&.of(statements.first) if statements.one?
          return [unit(statements.map { |statement| LoadPart.of([statement]) }, [table])] unless sliced

          sliced.map { |part| unit([part], [table], shared: true) }
        end

        def unit(parts, tables, shared: false)
          LoadUnit.new(kind: :rows, parts: parts, names: tables, shared: shared, weight: parts.sum(&:length))
        end
      end
    end
  end
end
