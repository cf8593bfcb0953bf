# frozen_string_literal: true

require "json"

module Gitlab
  module Backup
    module Native
      # Where in the text of a dump the rows of large tables lie (docs/format/rows.md): so all else of it can be read
      # without them.
      class RowIndex
        FORMAT = 1
        # Less is read as fast as it is left out.
        LEAST = 8 * 1024 * 1024
        MAX_BYTES = 64 * 1024 * 1024

        # From the first row to the line that ends them; rows: how many.
        Rows = Struct.new(:offset, :length, :rows)

        # String: relative path in a backup, for the database of that name
        def self.path(database)
          "manifest/db-#{database}.rows.json"
        end

        # tables: [Dump::Table]; counts: [[rows, bytes]], as of Dump#tallies; from: bytes of the text before them.
        # Returns [Rows].
        def self.rows(tables, counts, from:)
          tables.zip(counts).filter_map do |table, (rows, bytes)|
            first = from + table.before.to_s.bytesize
            from = first + bytes + table.after.to_s.bytesize
            Rows.new(first, bytes, rows) if bytes >= LEAST
          end
        end

        # The RowIndex of such a content, nil when it contradicts itself.
        def self.parse(content)
          known = JSON.parse(content)
          return unless known.is_a?(Hash) && known["format"] == FORMAT

          index = new(known["bytes"], known["rows"].map { |figures| Rows.new(*figures) })
          index if index.sound?
        rescue JSON::ParserError, EncodingError, NoMethodError, ArgumentError
          nil
        end

        # Integer: of the whole text; [Rows] in its order
        attr_reader :bytes, :rows

        def initialize(bytes, rows)
          @bytes = bytes
          @rows = rows
        end

        # Do they follow each other, with text before, between and behind them?
        def sound?
          figures = rows.flat_map { |one| [one.offset, one.offset + one.length] }
          [bytes, *rows.flat_map(&:to_a)].all? { |figure| figure.is_a?(Integer) && figure.positive? } &&
            [0, *figures, bytes].each_cons(2).all? { |one, other| one < other }
        rescue NoMethodError, TypeError
          false
        end

        # [[offset, length]]: the text without them
        def gaps
          edges = [0, *rows.flat_map { |one| [one.offset, one.offset + one.length] }, bytes]
          edges.each_slice(2).map { |from, to| [from, to - from] }
        end

        # String
        def text
          "#{JSON.generate(format: FORMAT, bytes: bytes, rows: rows.map(&:to_a))}\n"
        end
      end
    end
  end
end
