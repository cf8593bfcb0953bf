# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # One of the connections a dump is loaded over, and what is set on it: for the session only, never on the server.
      class LoadSession
        # A role's or a database's timeouts are for others; servers know different ones. Nobody has to wait for the
        # disk at each of thousands of commits: #settle does once.
        OWN = <<~SQL
          SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings
          WHERE name IN ('statement_timeout', 'lock_timeout', 'transaction_timeout', 'idle_session_timeout',
                         'idle_in_transaction_session_timeout');
          SET synchronous_commit = off;
        SQL
        # Indexes are built, and foreign keys checked, by as many sessions at once; GitLab, for whose queries the server
        # keeps memory as well, stands still meanwhile. Half of the shared buffers (by custom an eighth of the
        # machine's memory) is what all sessions take together, if the server's own setting is not more anyway;
        # beyond 1 GB each they would not get faster.
        MEMORY = <<~SQL
          SELECT pg_catalog.set_config('maintenance_work_mem', greatest(
            pg_catalog.pg_size_bytes(pg_catalog.current_setting('maintenance_work_mem')),
            least(1073741824, pg_catalog.pg_size_bytes(pg_catalog.current_setting('shared_buffers')) / 2 / %<count>d)
          ) / 1024 || 'kB', false);
        SQL
        # Each session builds one index; helpers of the server's would only take the others' processors.
        ALONE = "SET max_parallel_maintenance_workers = 0;"
        # A commit that waits for the disk has waited for all before it, other sessions' as well.
        DURABLE = "RESET synchronous_commit; SELECT pg_catalog.txid_current();"

        # database: Database; account: Account to connect as, or nil. Raises DatabaseError; blocks on the server.
        def self.open(database, account:)
          load = Load.new
          params = DatabaseConnection::COMMON.merge(database.connection_params)
          Account.as(account) { load.connect(params) }
          session = new(load).tap(&:prepare)
        ensure
          load&.close unless session
        end

        def initialize(load)
          @load = load
        end

        # Sets what every load needs. Raises DatabaseError.
        def prepare
          set(OWN)
        end

        # Takes its part of the memory and the processors of so many sessions.
        def share(count)
          set(format(MEMORY, count: count))
          set(ALONE) if count > 1
        end

        # Runs a LoadPart of that DatabaseText. Returns a Load::Result; yields Progress. Raises as Load#run, and Error
        # for a dump that cannot be read, or has something else there.
        def run(part, text, &block)
          result = call(part, text, &block)
          return result if result.statements == part.statements.size

          raise FormatError.new("read SQL: line #{part.line}: there are #{result.statements} statements instead of " \
                                "#{part.statements.size}", path: text.path)
        end

        # Waits until all that was committed so far is on the server's disk.
        def settle
          set(DURABLE)
        end

        def close
          @load.close
        end

        private

        def call(part, text, &block)
          return @load.execute(part.text, line: [part.line, 1].max, &block) if part.text

          text.run(@load, part, &block)
        end

        # Its lines are none of the dump's.
        def set(sql)
          @load.execute(sql)
        rescue DatabaseError => e
          raise DatabaseError, e.message.sub(/\Aline \d+: /, "settings of the session: ")
        end
      end
    end
  end
end
