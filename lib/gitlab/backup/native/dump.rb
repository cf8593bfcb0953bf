# frozen_string_literal: true

require_relative "extension"
require_relative "product"

module Gitlab
  module Backup
    module Native
      # The rows of many tables over several connections, in the order of one.
      #
      #   Dump.open do |dump|
      #     dump.connect(params, keepers_statements)
      #     4.times { dump.connect(params, session) }
      #     dump.run(tables, io) { |progress| ... }
      #   end
      class Dump
        # A table, or text alone. name: for messages; before, after: text around its rows; lock: a LOCK TABLE with
        # NOWAIT, or nil. Rows: copy, a COPY of all of them; or select, a SELECT without WHERE that is run for `step`
        # of the table's `blocks` at a time. wide: true when a row may have many MiB. Strings or nil.
        Table = Struct.new(:name, :before, :after, :copy, :select, :blocks, :step, :lock, :wide, keyword_init: true) do
          # Arrays as the extension takes them.
          def texts
            [name, before, after, copy, select, lock].map(&:to_s)
          end

          def numbers
            [blocks || 0, step || 0, wide || false]
          end
        end

        # Yields a Dump and closes its connections however that ends; returns the block's value.
        def self.open
          dump = new
          yield dump
        ensure
          dump&.close
        end

        # One connection more; the first is the keeper, which holds all locks and reads what others may not lock.
        # params: {keyword of libpq => value}; statements: run on it, in order. Raises DatabaseError ("55P03 ..." with
        # the SQLSTATE when a statement is refused), and then there is no connection more. Blocks on the server.
        def connect(params, statements)
          known = params.compact
          _connect(known.keys.map(&:to_s), known.values.map(&:to_s), statements)
        end

        # Writes texts and rows of `tables` ([Table]) to `io` in order. Yields a Progress about five times a second (raw
        # bytes, entries are tables that are done with). Returns their #tallies. Raises DatabaseError naming the table,
        # or whatever interrupts the waiting thread: then statements are ended on the server, too, and nothing more can
        # be done than to close.
        def run(tables, io)
          _run(tables.flat_map(&:texts), tables.flat_map(&:numbers), io.fileno) do |*figures|
            yield Progress.new(*figures) if block_given?
          end
          tallies
        end

        # [[rows, bytes of COPY text], ...]: what was written of each table of the last run, or of the one that goes on.
        def tallies
          _tallies
        end

        # Ends all connections.
        def close
          _close
        end
      end
    end
  end
end
