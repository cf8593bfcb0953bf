# frozen_string_literal: true

require_relative "db_dump"
require_relative "virtual_scaling"

module Bench
  # How the work spreads: an archive of the tree on 1, 2, ... cores with as many workers, and a dump of the
  # database over 1 to 4 connections. The ratio of the former is what each worker does of what one alone does; of the
  # latter, which shares the cores with its server, how much faster it is than one connection.
  class Scaling
    NAME = "scaling"
    CONNECTIONS = (1..4)

    # Ours, which has as many workers as it sees cores.
    class Confined < Ours
      def initialize(cores, tree)
        super("archive", source: tree)
        @name = "archive, cores: #{cores}"
        @prefix = ["taskset", "-c", "0-#{cores - 1}"]
      end

      private

      def ruby
        [*@prefix, *super]
      end
    end

    # The command with its --jobs.
    class Connections < DbDump::Command
      def initialize(bulk, count)
        super(bulk)
        @name = "dump, connections: #{count}"
        @count = count
      end

      private

      def arguments
        [*super, "--jobs", @count.to_s]
      end
    end

    def results(session)
      return VirtualScaling.new(session.virtual).results(session) if session.virtual

      workers(session) + connections(session)
    end

    private

    def workers(session)
      tree = session.workshop.tree
      counts = (1..Etc.nprocessors).to_a
      runs = session.contest(NAME).best(counts.map { |count| Confined.new(count, tree) })
      counts.zip(runs).map do |count, run|
        result("archive, cores: #{count}", runs.first, run, count,
               target: (Targets.of(session.codec, NAME, "worker") if count > 1))
      end
    end

    def connections(session)
      DbDump.with_database(session) do |bulk|
        runs = session.contest(NAME).best(CONNECTIONS.map { |count| Connections.new(bulk, count) })
        CONNECTIONS.zip(runs).map { |count, run| result("dump, connections: #{count}", runs.first, run, 1) }
      end
    end

    def result(peer, first, run, count, **more)
      Result.new(row: NAME, peer: peer, ours: run.seconds, theirs: first.seconds,
                 ratio: first.seconds / run.seconds / count, **more)
    end
  end
end
