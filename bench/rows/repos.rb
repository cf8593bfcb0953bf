# frozen_string_literal: true

require_relative "../bulk_repositories"

module Bench
  # All repositories as bundles: the command, its start and its question to the database included, against a shell
  # loop around git.
  #
  # What the runs write stays till the end. For minutes after a file was deleted ext4 looks at its inode whenever
  # it makes another file, and passes over it; the removal of a run's bundles would be paid for by the next run.
  class Repos
    NAME = "repos"
    ID = "bench"
    LOOP = "number=0; while read -r path; do number=$((number + 1)); " \
           "git -c safe.directory='*' --git-dir=\"$path\" bundle create --quiet \"$number.bundle\" --all || exit; done"

    # Counts the bundles below a folder.
    def self.bundles(folder)
      Dir.glob("**/*.bundle", base: folder).size
    end

    # Has the next run find another folder in its place.
    def self.keep(path, kept)
      File.rename(path, "#{kept}/#{Dir.children(kept).size}") if File.exist?(path)
    end

    # The loop. It writes into its working directory.
    class Shell < Peer
      # kept: folder to which the bundles go in the end
      def initialize(list, kept)
        @kept = kept
        super(["sh", "-c", LOOP], name: "git bundle create loop", key: "git", input: list)
      end

      def run(folder)
        seconds = Pipeline.new(*@commands).run(input: @input, output: File::NULL, chdir: folder)
        Run.new(seconds, `du -sb -- #{folder}`.to_i, { "bundles" => Repos.bundles(folder) })
      ensure
        Repos.keep(folder, @kept)
      end
    end

    # Ours.
    class Command
      attr_reader :name

      def initialize(instance, kept)
        @name = "ours"
        @instance = instance
        @kept = kept
      end

      def run(folder)
        seconds = Pipeline.new([LAUNCHER, "backup", "all", "--only", "repositories", "--backup-id", ID, "--gitlab-path",
                                @instance.demo.root]).run(output: "#{folder}/report")
        Run.new(seconds, `du -sb -- #{backup}`.to_i, { "bundles" => Repos.bundles(backup) })
      ensure
        Repos.keep(backup, @kept)
      end

      private

      def backup
        "#{@instance.demo.backup_path}/#{ID}"
      end
    end

    def results(session)
      session.log("making #{BulkRepositories::COUNT} repositories")
      session.workshop.within(NAME) do |folder|
        BulkRepositories.open(folder) { |instance| race(session, instance, "#{folder}/list") }
      end
    end

    private

    def race(session, instance, list)
      File.write(list, instance.paths.map { |path| "#{path}\n" }.join)
      kept = "#{File.dirname(list)}/kept".tap { |path| Dir.mkdir(path) }
      rivals = { ours: Command.new(instance, kept), peers: [Shell.new(list, kept)] }
      Race.new(session, NAME, **rivals).results do |ours, run, *|
        { flaw: ours.report == run.report ? nil : "not the same repositories",
          note: format("%d bundles, output %.3f of theirs", ours.report.fetch("bundles"), ours.bytes.fdiv(run.bytes)) }
      end
    end
  end
end
