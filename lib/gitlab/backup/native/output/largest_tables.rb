# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The largest tables of each database, where it is known what they came to.
      class LargestTables
        HEADER = %w[rows bytes].freeze

        # Of one component's Outcome.
        def self.of(outcome)
          new([{ "databases" => outcome.databases.map(&:figures) }])
        end

        # rows: as ResultTable's; those of databases have "databases" as well, see DumpFacts#figures.
        def initialize(rows)
          @databases = rows.flat_map { |row| Array(row["databases"]) }.reject { |database| database["tables"].empty? }
        end

        # Array of lines without line breaks, [] where nothing is known.
        def lines
          @databases.flat_map { |database| ["", *table(database).lines] }
        end

        # The same for a log, a line for each database.
        def sentences
          @databases.map do |database|
            words = database["tables"].map do |table|
              "#{table["table"]} (#{Units.count(table["rows"], "row")}, #{Units.bytes(table["bytes"])})"
            end
            "largest tables of the #{database["database"]} database: #{words.join(", ")}"
          end
        end

        private

        def table(database)
          header = ["largest tables of #{database["database"]}", *HEADER]
          database["tables"].each_with_object(Table.new(header, align: %i[left right right])) do |table, lines|
            lines << [table["table"], table["rows"], Units.bytes(table["bytes"])]
          end
        end
      end
    end
  end
end
