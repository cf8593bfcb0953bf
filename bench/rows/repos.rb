# frozen_string_literal: true

require_relative "../bulk_repositories"

module Bench
  # All repositories as bundles: the command, its start and its question to the database included, against a shell
  # loop around git.
  class Repos
    NAME = "repos"
    ID = "bench"
    LOOP = "number=0; while read -r path; do number=$((number + 1)); " \
           "git -c safe.directory='*' --git-dir=\"$path\" bundle create --quiet \"$number.bundle\" --all || exit; done"

    # Counts the bundles below a folder.
    def self.bundles(folder)
      Dir.glob("**/*.bundle", base: folder).size
    end

    # The loop. It writes into its working directory.
    class Shell < Peer
      def initialize(list)
        super(["sh", "-c", LOOP], name: "git bundle create loop", key: "git", input: list)
      end

      def run(folder)
        seconds = Pipeline.new(*@commands).run(input: @input, output: File::NULL, chdir: folder)
        Run.new(seconds, `du -sb -- #{folder}`.to_i, { "bundles" => Repos.bundles(folder) })
      end
    end

    # Ours.
    class Command
      LAUNCHER = File.expand_path("../../bin/gitlab-backup-cli", __dir__)

      attr_reader :name

      def initialize(instance)
        @name = "ours"
        @instance = instance
      end

      def run(folder)
        seconds = Pipeline.new([LAUNCHER, "backup", "all", "--only", "repositories", "--backup-id", ID, "--gitlab-path",
                                @instance.demo.root]).run(output: "#{folder}/report")
        Run.new(seconds, `du -sb -- #{backup}`.to_i, { "bundles" => Repos.bundles(backup) })
      ensure
        FileUtils.rm_rf(backup)
      end

      private

      def backup
        "#{@instance.demo.backup_path}/#{ID}"
      end
    end

    def results(session)
      folder = "#{session.workshop.folder}/repos".tap { |path| Dir.mkdir(path) }
      session.log("making #{BulkRepositories::COUNT} repositories")
      BulkRepositories.open(folder) { |instance| race(session, instance, "#{folder}/list") }
    ensure
      system("rm", "-rf", "--", folder) if folder
    end

    private

    def race(session, instance, list)
      File.write(list, instance.paths.map { |path| "#{path}\n" }.join)
      Race.new(session, NAME, ours: Command.new(instance), peers: [Shell.new(list)]).results do |ours, run, *|
        { flaw: ours.report == run.report ? nil : "not the same repositories",
          note: format("%d bundles, output %.3f of theirs", ours.report.fetch("bundles"), ours.bytes.fdiv(run.bytes)) }
      end
    end
  end
end
