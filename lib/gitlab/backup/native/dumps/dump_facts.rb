# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # How a database was dumped. database: its connection's name; engine: "parallel" or "pg_dump"; connections that
      # read it; chunks: ranges its tables were cut into, nil where nobody knows; fallback: why it was not `parallel`,
      # or nil; tables: the largest ones as [name, rows, bytes of COPY text].
      DumpFacts = Struct.new(:database, :engine, :connections, :chunks, :fallback, :tables, keyword_init: true) do
        # Hash as summary.json has it (String keys).
        def figures
          named = Array(tables).map do |table, rows, bytes|
            { "table" => Printable.name(table), "rows" => rows, "bytes" => bytes }
          end
          to_h.merge(tables: named).compact.transform_keys(&:to_s)
        end
      end
    end
  end
end
