# frozen_string_literal: true

require_relative "../backup_instance"

module Bench
  # A whole run: databases, repositories, files. The peer is what GitLab's tasks do, one pipeline after the other, and
  # the tar of it all at the end.
  class BackupAll
    NAME = "backup-all"
    ID = "bench"

    # GitLab's pipelines, each timed for itself.
    class Stock
      attr_reader :name, :key

      def initialize(instance)
        @instance = instance
        @name = "tar, pg_dump | gzip -1, git bundle, tar"
        @key = "gitlab"
      end

      def missing
        nil
      end

      # Returns a Run whose report has the seconds of each part.
      def run(folder)
        %w[db repositories].each { |name| Dir.mkdir("#{folder}/#{name}") }
        report = { "database" => timed { dump_all(folder) }, "repositories" => timed { bundle_all(folder) },
                   "files" => timed { archive_all(folder) }, "tar" => timed { pack(folder) } }
        Run.new(report.values.sum, File.size("#{folder}/backup.tar"), report)
      end

      private

      def timed
        began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
        yield
        Process.clock_gettime(Process::CLOCK_MONOTONIC) - began
      end

      def dump_all(folder)
        @instance.demo.databases.each do |name, database|
          pg_dump = ["#{PostgresCluster.bin_folder}/pg_dump", "-h", @instance.cluster.directory, "-U",
                     PostgresCluster::SUPERUSER, "--clean", "--if-exists", database]
          Pipeline.new(pg_dump, %w[gzip -c -1]).run(output: "#{folder}/db/#{name}.sql.gz")
        end
      end

      def bundle_all(folder)
        @instance.repositories.each_with_index do |path, index|
          git = ["git", "-c", "safe.directory=*", "--git-dir=#{path}", "bundle", "create", "--quiet",
                 "#{folder}/repositories/#{index}.bundle", "--all"]
          Pipeline.new(git).run(output: File::NULL)
        end
      end

      def archive_all(folder)
        @instance.demo.folders.each do |name, path|
          tar = ["tar", "--exclude=lost+found", "--directory=#{path}", "--create", "--file=-", "."]
          Pipeline.new(tar, %w[gzip -c -1]).run(output: "#{folder}/#{name}.tar.gz")
        end
      end

      def pack(folder)
        tar = ["tar", "--directory=#{folder}", "--create", "--file=-", *Dir.children(folder).sort]
        Pipeline.new(tar).run(output: "#{folder}/backup.tar")
      end
    end

    # The command, its start included.
    class Command
      attr_reader :name

      def initialize(instance)
        @name = "ours"
        @instance = instance
      end

      def run(folder)
        seconds = Pipeline.new([LAUNCHER, "backup", "all", "--backup-id", ID, "--gitlab-path", @instance.demo.root])
                          .run(output: "#{folder}/report")
        backup = "#{@instance.demo.backup_path}/#{ID}"
        Run.new(seconds, `du -sb -- #{backup}`.to_i, {})
      ensure
        FileUtils.rm_rf("#{@instance.demo.backup_path}/#{ID}")
      end
    end

    def results(session)
      session.log("making a whole instance")
      session.workshop.within("instance") do |folder|
        BackupInstance.open(folder, session.workshop.tree) { |instance| race(session, instance) }
      end
    end

    private

    def race(session, instance)
      Race.new(session, NAME, ours: Command.new(instance), peers: [Stock.new(instance)]).results do |_best, run, *|
        { note: shares(run) }
      end
    end

    def shares(run)
      files = run.report["files"] + run.report["tar"]
      parts = { "files" => files, "database" => run.report["database"], "repositories" => run.report["repositories"] }
      words = parts.map { |name, seconds| format("%.0f %% %s", 100 * seconds / run.seconds, name) }
      "theirs: #{words.join(", ")}"
    end
  end
end
