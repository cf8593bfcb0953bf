# frozen_string_literal: true

require_relative "../spec/support/demo_instance"
require_relative "../spec/support/postgres_cluster"

module Bench
  # The corpus "db": an instance whose main database has two tables of 400 MB each, as COPY text, with indexes, and 200
  # small tables.
  class BulkDatabase
    LARGE = %w[events notes].freeze
    SMALL = 200
    COLUMNS = "project_id int, kind text, title text, payload jsonb, created_at timestamptz, updated_at timestamptz, " \
              "digest text"
    NAMES = COLUMNS.gsub(/ \w+(?=,|$)/, "").freeze

    # What an administrator sets, who gives the server a quarter of a small machine's memory.
    SETTINGS = { shared_buffers: "1GB", max_wal_size: "4GB", synchronous_commit: "on", jit: "on" }.freeze

    # Yields a BulkDatabase in the folder, with rows of the file; its PostgreSQL runs as long as the block.
    def self.open(folder, rows)
      cluster = PostgresCluster.new(**SETTINGS)
      cluster.start
      yield new(folder, rows, cluster)
    ensure
      cluster&.remove
    end

    # DemoInstance, PostgresCluster
    attr_reader :demo, :cluster

    def initialize(folder, rows, cluster)
      @cluster = cluster
      File.chmod(0o711, folder, File.dirname(folder)) # the database tools run as the instance's account
      @demo = DemoInstance.create_empty(folder, cluster: cluster, prefix: "bulk", account: DemoInstance.default_account)
      fill(rows)
      cluster.query("VACUUM ANALYZE", database: name)
      cluster.query("CHECKPOINT")
    end

    # String
    def name
      demo.databases.fetch("main")
    end

    # Arguments of one of PostgreSQL's programs for the main database, or the one of that name.
    def command(program, *arguments, database: name)
      path = "#{PostgresCluster.bin_folder}/#{program}"
      [path, "-h", cluster.directory, "-U", PostgresCluster::SUPERUSER, *arguments, "-d", database]
    end

    private

    def fill(rows)
      LARGE.each { |table| add_large(table, rows) }
      add_small
    end

    # The numbers of the rows come again and again, so the key is another.
    def add_large(table, rows)
      cluster.query(<<~SQL, database: name)
        SET ROLE #{DemoInstance::ROLE};
        CREATE TABLE #{table} (id bigint, #{COLUMNS}, key bigserial PRIMARY KEY);
        \\copy #{table} (id, #{NAMES}) FROM '#{rows}'
        CREATE INDEX #{table}_project ON #{table} (project_id, id);
        CREATE INDEX #{table}_created ON #{table} (created_at);
        CREATE INDEX #{table}_digest ON #{table} (digest);
      SQL
    end

    def add_small
      cluster.query(<<~SQL, database: name)
        SET ROLE #{DemoInstance::ROLE};
        CREATE TABLE schema_migrations (version text PRIMARY KEY);
        INSERT INTO schema_migrations VALUES ('20251101000000');
        DO $$ BEGIN FOR i IN 1..#{SMALL} LOOP
          EXECUTE format('CREATE TABLE small_%s (id bigserial PRIMARY KEY, name text, value int)', i);
          EXECUTE format('INSERT INTO small_%s (name, value) SELECT md5(n::text), n FROM generate_series(1, 100) n', i);
          EXECUTE format('CREATE INDEX ON small_%s (name)', i);
        END LOOP; END $$;
      SQL
    end
  end
end
