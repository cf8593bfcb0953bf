# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The text of a database, as pg_dump writes it by itself.
      class PgDumpSource
        # snapshot: DatabaseSnapshot; pg_dump: path; account: Account to run it as, or nil; fallback: String why our own
        # engine does not do it, or nil.
        def initialize(snapshot, pg_dump:, account:, monitor:, fallback: nil)
          @name = snapshot.database.name
          @environment = snapshot.database.tool_environment
          @arguments = PgDump.arguments(pg_dump, snapshot)
          @account = account
          @monitor = monitor
          @fallback = fallback
        end

        # Writes the text to `writer` and closes it while the block, which reads the other end, runs. Returns the
        # block's value. Raises DatabaseError when pg_dump did not end well.
        def feed(writer)
          drain = Drain.new
          options = { env: @environment, account: @account, stdout: writer, stderr: drain.io }
          Child.start(@arguments, **options) do |child|
            [writer, drain.io].each(&:close) # the pipes' last writer has to be the child, or their end is never seen
            result = yield
            judge(child.wait, drain)
            result
          end
        ensure
          drain&.close
        end

        # String or nil: what it is at.
        def position
          nil
        end

        # String: path of the pg_dump whose words these are.
        def program
          @arguments.first
        end

        # [RowIndex::Rows]: nobody knows where they lie
        def rows
          []
        end

        # DumpFacts
        def facts
          DumpFacts.new(database: @name, engine: "pg_dump", connections: 1, fallback: @fallback)
        end

        private

        # What ended well may still have had something to say.
        def judge(status, drain)
          words = drain.last_words
          raise DatabaseError, "#{ending(status)}#{": #{words}" unless words.empty?}" unless status.success?

          @monitor.warn("pg_dump of the #{@name} database says: #{words}") unless words.empty?
        end

        def ending(status)
          return "pg_dump was killed by SIG#{Signal.signame(status.termsig)}" if status.signaled?

          "pg_dump exited with status #{status.exitstatus}"
        end
      end
    end
  end
end
