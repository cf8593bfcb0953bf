# frozen_string_literal: true

require_relative "../long_database"
require_relative "../peak"
require_relative "../room"

module Bench
  # The most memory that making, checking and taking apart an archive and dumping a database take, against what was
  # promised; of 100 MB and of 10 GB. On demand: it takes its time and its room.
  class Memory
    NAME = "memory"
    SIZES = { "100 MB" => 100_000_000, "10 GB" => 10_000_000_000 }.freeze
    BASE = 96
    PER_WORKER = 8
    DISK = 30_000_000_000 # the larger tree, its archive, and the tree once more
    BACKUP_ID = "bench"

    def results(session)
      lack = Room.lack(session.workshop.folder, disk: DISK)
      return [Result.new(row: NAME, peer: "formula", skipped: lack)] if lack

      session.log("#{NAME} takes #{DISK / Room::GB} GB of disk space and about a quarter of an hour")
      SIZES.flat_map do |label, bytes|
        session.workshop.within(NAME) { |folder| archives(session, folder, label, bytes) } +
          session.workshop.within(NAME) { |folder| [dump(session, folder, label, bytes)] }
      end
    end

    private

    def archives(session, folder, label, bytes)
      session.log("#{NAME}, making a tree of #{label}")
      Tree.write_bytes("#{folder}/tree", bytes)
      %w[product copy].each { |name| Dir.mkdir("#{folder}/#{name}") }
      files = %w[product manifest].map { |name| "#{folder}/product/#{name}" }
      { "create" => ["archive", "#{folder}/tree", "#{folder}/product"], "verify" => ["verify", *files],
        "extract" => ["extract", *files] }.map do |work, arguments|
        result(session, "#{work}, #{label}", Peak.of([*Ours::RUBY, *arguments], chdir: "#{folder}/copy"))
      end
    end

    def dump(session, folder, label, bytes)
      session.log("#{NAME}, making a database of #{label}")
      LongDatabase.open(folder, session.workshop.rows, bytes) do |database|
        result(session, "dump, #{label}",
               Peak.of([LAUNCHER, "backup", "all", "--only", "db", "--backup-id", BACKUP_ID, "--gitlab-path",
                        database.demo.root]))
      end
    end

    def result(session, peer, figures)
      session.log(format("%s, %s: %.0f MiB, %.2f s", NAME, peer, figures.mebibytes, figures.seconds))
      limit = BASE + (PER_WORKER * Etc.nprocessors)
      Result.new(row: NAME, peer: peer, ratio: figures.mebibytes / limit, at_most: true,
                 target: Targets.of(session.codec, NAME, "formula"),
                 note: format("peak %.0f MiB of %d MiB", figures.mebibytes, limit))
    end
  end
end
