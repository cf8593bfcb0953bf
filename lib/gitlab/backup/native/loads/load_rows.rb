# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Makes units of COPYs that follow each other: a large table alone, small neighbours together, and what goes into
      # one table (partitions that are loaded through their root) one after the other.
      class LoadRows
        # That many bytes are worth a reader and a statement's round trips of their own.
        BUNDLE = 8 * 1024 * 1024

        # copies: [[Load::Statement, table]], as in the text without gaps
        def initialize(copies)
          @copies = copies
          @counts = copies.map(&:last).tally
        end

        # [LoadUnit]
        def units
          runs = @copies.slice_when { |one, other| alone?(one) || alone?(other) }
          lone, small = runs.partition { |run| alone?(run.first) }
          lone.flatten(1).group_by(&:last).map { |table, copies| unit(copies.map { |copy| [copy] }, [table]) } +
            small.flat_map { |run| bundles(run) }.map { |copies| unit([copies], copies.map(&:last)) }
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

        def unit(lists, tables)
          parts = lists.map { |copies| LoadPart.of(copies.map(&:first)) }
          LoadUnit.new(kind: :rows, parts: parts, names: tables, weight: parts.sum(&:length))
        end
      end
    end
  end
end
