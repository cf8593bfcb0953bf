# frozen_string_literal: true

require "fileutils"
require_relative "../spec/support/demo_instance"
require_relative "../spec/support/postgres_cluster"
require_relative "file_text"
require_relative "git_import"

module Bench
  # The corpus "repos": an instance with 500 bare repositories more than the demo instance has, packed as housekeeping
  # leaves them. Their sizes are log-normal, the median is 200 KB; half of what is packed is text, half is not.
  class BulkRepositories
    COUNT = 500
    MEDIAN = 200_000
    SIGMA = 1.0 # of the sizes' logarithms
    COMMITS = (3..40)
    TEXT_RATIO = 2.4 # of what git's packs make of our text
    FIRST_ID = 1001
    SEED = 20_260_105

    # Yields a BulkRepositories in the folder; its PostgreSQL runs as long as the block.
    def self.open(folder)
      cluster = PostgresCluster.new
      cluster.start
      yield new(folder, cluster)
    ensure
      cluster&.remove
    end

    # DemoInstance
    attr_reader :demo

    def initialize(folder, cluster)
      @text = FileText.new(SEED)
      @random = @text.random
      File.chmod(0o711, folder, File.dirname(folder)) # git runs as the instance's account
      @demo = DemoInstance.create(folder, cluster: cluster, account: DemoInstance.default_account)
      ids.each { |id| create(id) }
      own
      cluster.query(rows, database: demo.databases.fetch("main"))
    end

    # Paths of all bare repositories that have content, the demo instance's own among them.
    def paths
      demo.repositories.reject(&:empty).map { |repository| "#{demo.storage_path}/#{repository.relative_path}" } +
        ids.map { |id| path(id) }
    end

    private

    def ids
      FIRST_ID...(FIRST_ID + COUNT)
    end

    def path(id)
      "#{demo.storage_path}/#{DemoInstance::Catalog.hashed(id)}.git"
    end

    def create(id)
      FileUtils.mkdir_p(%w[objects/info objects/pack refs/heads refs/tags info].map { |name| "#{path(id)}/#{name}" })
      File.write("#{path(id)}/HEAD", "ref: refs/heads/main\n")
      File.write("#{path(id)}/config", "[core]\n\trepositoryformatversion = 0\n\tbare = true\n")
      GitImport.run(path(id), "#{history(@text.size(MEDIAN, SIGMA))}done\n", "fastimport.unpackLimit=1")
    end

    # Each commit brings a source file and changes an image.
    def history(size)
      commits = @random.rand(COMMITS)
      half = size / commits / 2
      Array.new(commits) do |number|
        files = { "src/module #{number}.rb" => @text.cut((half * TEXT_RATIO).round),
                  "image #{number % 5}.png" => @random.bytes(half) }
        GitImport.commit("main", number, files)
      end.join
    end

    def own
      owner = DemoInstance.default_account
      system("chown", "-R", "#{owner}:", demo.storage_path, exception: true) if owner
    end

    def rows
      <<~SQL
        SET ROLE #{DemoInstance::ROLE};
        INSERT INTO projects (id, name, path, namespace_id)
          SELECT i, 'Bulk ' || i, 'bulk-' || i, 1 FROM generate_series(#{ids.first}, #{ids.last - 1}) AS i;
        INSERT INTO routes (source_id, source_type, path, name, namespace_id)
          SELECT id, 'Project', 'acme/' || path, name, namespace_id FROM projects WHERE id >= #{ids.first};
      SQL
    end
  end
end
