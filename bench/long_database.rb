# frozen_string_literal: true

require_relative "bulk_database"

module Bench
  # An instance whose main database has one table of any size.
  class LongDatabase < BulkDatabase
    # Rows go into a table made in the same transaction without being logged first.
    UNLOGGED = { wal_level: "minimal", max_wal_senders: "0" }.freeze

    # Yields a LongDatabase of about `bytes` of COPY text in the folder, with rows of the file again and again.
    def self.open(folder, rows, bytes)
      cluster = PostgresCluster.new(**SETTINGS, **UNLOGGED)
      cluster.start
      yield new(folder, rows, cluster, bytes)
    ensure
      cluster&.remove
    end

    def initialize(folder, rows, cluster, bytes)
      @bytes = bytes
      super(folder, rows, cluster)
    end

    private

    def fill(rows)
      whole, rest = @bytes.divmod(File.size(rows))
      cluster.query(<<~SQL, database: name)
        SET ROLE #{DemoInstance::ROLE};
        CREATE TABLE schema_migrations (version text PRIMARY KEY);
        INSERT INTO schema_migrations VALUES ('20251101000000');
        BEGIN;
        CREATE TABLE events (id bigint, #{COLUMNS});
        #{"\\copy events (id, #{NAMES}) FROM '#{rows}'\n" * whole}
        \\copy events (id, #{NAMES}) FROM PROGRAM 'head -c #{rest} "#{rows}" | sed "$ d"'
        COMMIT;
      SQL
    end
  end
end
