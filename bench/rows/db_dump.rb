# frozen_string_literal: true

require_relative "../bulk_database"

module Bench
  # A database as `.sql.gz`: the command, its start and its hashes included, against pg_dump and what it is piped to.
  class DbDump
    NAME = "db-dump"
    COMPRESSORS = [%w[gzip -c -1], %w[pigz -c -1]].freeze
    JOBS = 2

    # The directory format, which compresses in several processes, too; psql cannot read it.
    class Directory < Peer
      def run(folder)
        seconds = Pipeline.new([*@commands.first, "-f", "#{folder}/dump"]).run(output: File::NULL)
        Run.new(seconds, `du -sb -- #{folder}/dump`.to_i, {})
      end
    end

    # Ours.
    class Command
      ID = "bench"

      attr_reader :name

      def initialize(bulk)
        @name = "ours"
        @bulk = bulk
      end

      def run(folder)
        seconds = Pipeline.new([LAUNCHER, *arguments]).run(output: "#{folder}/report")
        Run.new(seconds, File.size("#{@bulk.demo.backup_path}/#{ID}/db/database.sql.gz"), {})
      ensure
        FileUtils.rm_rf("#{@bulk.demo.backup_path}/#{ID}")
      end

      private

      def arguments
        ["backup", "all", "--only", "db", "--backup-id", ID, "--gitlab-path", @bulk.demo.root]
      end
    end

    # Yields a BulkDatabase.
    def self.with_database(session, &block)
      rows = session.workshop.rows
      session.log("making a database with two tables of 400 MB")
      session.workshop.within("bulk") { |folder| BulkDatabase.open(folder, rows, &block) }
    end

    # pg_dump of the directory format into a folder of the peer's.
    def self.directory(bulk)
      Directory.new(bulk.command("pg_dump", "-Fd", "-j#{JOBS}", "-Z1"), name: "pg_dump -Fd -j#{JOBS} -Z1",
                                                                        key: "directory")
    end

    def results(session)
      self.class.with_database(session) do |bulk|
        pg_dump = bulk.command("pg_dump", "--clean", "--if-exists")
        peers = COMPRESSORS.map { |command| Peer.new(pg_dump, command, name: "pg_dump | #{command.join(" ")}") }
        Race.new(session, NAME, ours: Command.new(bulk), peers: [*peers, self.class.directory(bulk)])
            .results { |ours, run, *| { note: format("output %.3f of theirs", ours.bytes.fdiv(run.bytes)) } }
      end
    end
  end
end
