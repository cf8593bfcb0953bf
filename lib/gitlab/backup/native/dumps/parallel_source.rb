# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The text of a database, as our own engine writes it.
      class ParallelSource
        # So many times it starts anew with a new snapshot: when a table it needs is locked for too long, or pg_dump
        # does not find what the snapshot has.
        RETRIES = 3

        # snapshot: DatabaseSnapshot, which may be renewed; pg_dump: path, of its server's version; account: Account or
        # nil; workers: connections at most; unfit: is called with the reason when it turns out that this engine cannot
        # do it, and returns another source or raises.
        def initialize(snapshot, pg_dump:, account:, workers:, monitor:, unfit:)
          @snapshot = snapshot
          @options = { pg_dump: pg_dump, account: account, jobs: workers }
          @monitor = monitor
          @unfit = unfit
        end

        # As PgDumpSource#feed. The database's text begins to flow once all locks are held; whatever fails, no thread
        # and no connection is left.
        def feed(writer, &reading)
          opened { |dump| pump(dump, writer, &reading) }
        rescue DatabaseError => e
          raise unless %i[unfit stale].include?(e.status)

          @other = @unfit.call(e.message)
          @other.feed(writer, &reading)
        end

        # String or nil: what it is at.
        def position
          @other ? @other.position : @dump&.position
        end

        # String: path of the pg_dump whose words are in it.
        def program
          @options.fetch(:pg_dump)
        end

        # [RowIndex::Rows], after #feed
        def rows
          (@other || @dump).rows
        end

        # DumpFacts, after #feed
        def facts
          return @other.facts if @other

          DumpFacts.new(database: @snapshot.database.name, engine: "parallel", connections: @dump.connections,
                        chunks: @dump.tally.chunks, tables: @dump.tally.largest)
        end

        private

        # The text is written by a thread of its own. What fails there ends the reader's input early, and is the cause
        # to tell; a failure of the reader itself ends the thread.
        def pump(dump, writer)
          thread = Thread.new { write(dump, writer) }
          product = yield
          failure = thread.value
          failure ? raise(failure) : product
        ensure
          thread&.kill&.join
        end

        # Returns what went wrong, or nil.
        def write(dump, writer)
          dump.write(writer)
          nil
        rescue StandardError => e
          e
        ensure
          writer.close
        end

        def opened(retries = RETRIES, &block)
          @dump = ParallelDump.new(@snapshot, **@options)
          @dump.open do |dump|
            tell(dump)
            block.call(dump)
          end
        rescue DatabaseError => e
          raise unless %i[locked stale].include?(e.status) && retries.positive?

          @monitor.info("#{e.message}; the dump of the #{@snapshot.database.name} database starts anew")
          @snapshot.renew
          opened(retries - 1, &block)
        end

        def tell(dump)
          name = @snapshot.database.name
          @monitor.warn("pg_dump of the #{name} database says: #{dump.words}") unless dump.words.empty?
          return if dump.connections == dump.wanted

          @monitor.info("The server of the #{name} database has room for #{dump.connections} more connections " \
                        "instead of #{dump.wanted}: #{dump.refusal}")
        end
      end
    end
  end
end
