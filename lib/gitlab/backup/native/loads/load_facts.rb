# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # How a database was loaded. database: its connection's name; connections that loaded it; tables: the five
      # largest ones as [name, rows, bytes of COPY text].
      LoadFacts = Struct.new(:database, :connections, :tables, keyword_init: true) do
        # contents: [Load::Statement], or nil
        def self.of(database, contents, connections:)
          tables = LoadPlan.new(contents || [], apart: false).tables.map { |name, figures| [name, *figures] }
          filled = tables.reject { |_, rows, _| rows.zero? }
          new(database: database, connections: connections, tables: filled.max_by(5, &:last))
        end

        # Hash as summary.json has it (String keys).
        def figures
          named = tables.map do |table, rows, bytes|
            { "table" => Printable.name(table), "rows" => rows, "bytes" => bytes }
          end
          { "database" => database, "connections" => connections, "tables" => named }
        end
      end
    end
  end
end
