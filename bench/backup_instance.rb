# frozen_string_literal: true

require_relative "../spec/support/demo_instance"
require_relative "../spec/support/postgres_cluster"
require_relative "git_import"

module Bench
  # A whole instance for runs of backup: the demo instance with much more in it. Files weigh most, then database and
  # repositories about alike, counted in the seconds that GitLab's own tools need for them.
  class BackupInstance
    ROWS = 2_900_000
    # Of incompressible content in each repository, as LFS-less projects with images have it.
    BLOB_BYTES = 8_700_000

    # Yields a BackupInstance in the folder; its PostgreSQL runs as long as the block.
    def self.open(folder, tree)
      cluster = PostgresCluster.new
      cluster.start
      yield new(folder, tree, cluster)
    ensure
      cluster&.remove
    end

    # DemoInstance, PostgresCluster
    attr_reader :demo, :cluster

    def initialize(folder, tree, cluster)
      @cluster = cluster
      @random = Random.new(1)
      File.chmod(0o711, folder, File.dirname(folder)) # git runs as the instance's account
      @demo = DemoInstance.create(folder, cluster: cluster, account: DemoInstance.default_account)
      add_files(tree)
      add_rows
      repositories.each { |path| add_blob(path) }
      system("sync", "-f", folder)
    end

    # Paths of the bare repositories that have content.
    def repositories
      demo.repositories.reject(&:empty).map { |repository| "#{demo.storage_path}/#{repository.relative_path}" }
    end

    private

    def add_files(tree)
      system("cp", "-a", "--", tree, "#{demo.folders.fetch("artifacts")}/tree", exception: true)
    end

    # Text as issues and events have it: words that repeat, numbers that do not.
    def add_rows
      cluster.query(<<~SQL, database: demo.databases.fetch("main"))
        SET ROLE #{DemoInstance::ROLE};
        CREATE TABLE bulk (id int, hash text, text text, at timestamptz);
        INSERT INTO bulk SELECT i, md5(i::text), repeat(md5((i % 1000)::text) || ' a few words ', 1 + i % 5),
          timestamptz '2026-01-01' + i * interval '1 second' FROM generate_series(1, #{ROWS}) AS i;
      SQL
    end

    def add_blob(path)
      GitImport.run(path, GitImport.commit("bulk", 0, "bulk" => @random.bytes(BLOB_BYTES)) << "\ndone\n")
      owner = DemoInstance.default_account
      system("chown", "-R", "#{owner}:", path, exception: true) if owner
    end
  end
end
