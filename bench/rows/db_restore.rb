# frozen_string_literal: true

require_relative "db_dump"

module Bench
  # A dump into an empty database: the command, which reads the dump's statements before it begins and checks every
  # block, against psql, which does neither, and pg_restore of the directory format. Statistics are nobody's task here.
  class DbRestore
    NAME = "db-restore"
    TARGET = "bulk_target"

    # PostgreSQL's programs, each into a new database.
    class Stock < Peer
      def initialize(bulk, *commands, **names)
        super(*commands, **names)
        @bulk = bulk
      end

      def run(_folder)
        @bulk.cluster.create_database(TARGET)
        @bulk.cluster.query("CHECKPOINT")
        Run.new(Pipeline.new(*@commands).run(output: File::NULL), 0, {})
      ensure
        @bulk.cluster.query("DROP DATABASE IF EXISTS #{TARGET}")
      end
    end

    # Ours, into the instance's own databases, emptied before.
    class Command < DbDump::Command
      def run(folder)
        @bulk.demo.databases.each_value { |name| @bulk.cluster.create_database(name, owner: DemoInstance::ROLE) }
        @bulk.cluster.query("CHECKPOINT")
        Run.new(Pipeline.new([LAUNCHER, *arguments]).run(output: "#{folder}/report"), 0, {})
      end

      private

      def arguments
        ["restore", "all", ID, "--only", "db", "--yes", "--no-analyze", "--gitlab-path", @bulk.demo.root]
      end
    end

    def results(session)
      DbDump.with_database(session) do |bulk|
        session.workshop.within("dumps") do |dumps|
          Race.new(session, NAME, ours: Command.new(bulk), peers: peers(bulk, dumps)).results
        end
      end
    end

    private

    def peers(bulk, dumps)
      DbDump.directory(bulk).run(dumps)
      arguments = ["backup", "all", "--only", "db", "--backup-id", DbDump::Command::ID, "--gitlab-path", bulk.demo.root]
      Pipeline.new([LAUNCHER, *arguments]).run(output: File::NULL)
      dump = "#{bulk.demo.backup_path}/#{DbDump::Command::ID}/db/database.sql.gz"
      psql = [%W[gzip -cd #{dump}], bulk.command("psql", "-Xq", database: TARGET)]
      pg_restore = [*bulk.command("pg_restore", "-j#{DbDump::JOBS}", database: TARGET), "#{dumps}/dump"]
      [Stock.new(bulk, *psql, name: "gzip -cd | psql", key: "psql"),
       Stock.new(bulk, pg_restore, name: "pg_restore -j#{DbDump::JOBS}", key: "pg_restore")]
    end
  end
end
