# frozen_string_literal: true

require_relative "../room"

module Bench
  # What an archive costs per byte when there is ten times as much, and per file when there are a million: no more than
  # before, within a margin. The ratio is the larger one's time against what the smaller one's pace gives for it. On
  # demand: it takes its time and its room.
  class Growth
    NAME = "growth"
    BYTES = { "1 GB" => 1_000_000_000, "10 GB" => 10_000_000_000 }.freeze
    FILES = { "60,000 files" => 60_000, "1,000,000 files" => 1_000_000 }.freeze
    MEDIAN = 500 # makes a gigabyte of a million
    PER_FOLDER = 16
    DISK = 25_000_000_000
    MEMORY = 14_000_000_000
    INODES = 1_400_000

    # Checks an archive that was made before.
    class Checked < Peer
      def run(folder)
        Run.new(Pipeline.new(*@commands).run(output: "#{folder}/report"), 0, {})
      end
    end

    def results(session)
      lack = Room.lack(session.workshop.folder, disk: DISK, memory: MEMORY, inodes: INODES)
      return [Result.new(row: NAME, peer: "per byte, per file", skipped: lack)] if lack

      session.log("#{NAME} takes #{DISK / Room::GB} GB of disk space and about a quarter of an hour")
      session.workshop.within(NAME) { |folder| bytes(session, folder) } +
        session.workshop.within(NAME) { |folder| files(session, folder) }
    end

    private

    def bytes(session, folder)
      trees = make(session, folder, BYTES) { |tree, bytes| Tree.write_bytes(tree, bytes) }
      [compare(session, "create", "bytes", archiving(trees), BYTES),
       compare(session, "verify", "bytes", checking(trees, folder), BYTES)]
    end

    def files(session, folder)
      trees = make(session, folder, FILES) do |tree, count|
        Tree.write(tree, files: count, large_files: 0, median: MEDIAN, per_folder: PER_FOLDER)
      end
      [compare(session, "create", "files", archiving(trees), FILES),
       compare(session, "verify", "files", checking(trees, folder), FILES)]
    end

    # Returns the paths of the trees, all of which the page cache holds.
    def make(session, folder, sizes)
      sizes.each_with_index.map do |(label, size), index|
        session.log("#{NAME}, making a tree of #{label}")
        yield "#{folder}/#{index}", size
        Pipeline.new(TarCreate::TAR, %w[wc -c]).run(output: File::NULL, chdir: "#{folder}/#{index}")
        "#{folder}/#{index}"
      end
    end

    def archiving(trees)
      trees.map { |tree| Ours.new("archive", source: tree) }
    end

    def checking(trees, folder)
      trees.each_with_index.map do |tree, index|
        archive = "#{folder}/archive#{index}".tap { |path| Dir.mkdir(path) }
        system(*Ours::RUBY, "archive", tree, archive, out: File::NULL, exception: true)
        Pipeline.new(["cat", "#{archive}/product"]).run(output: File::NULL)
        Checked.new([*Ours::RUBY, "verify", "#{archive}/product", "#{archive}/manifest"], name: "verify")
      end
    end

    def compare(session, work, measure, competitors, sizes)
      small, large = session.contest(NAME).best(competitors)
      expected = small.seconds * sizes.values.last / sizes.values.first
      Result.new(row: NAME, peer: "#{work}, #{sizes.keys.last}", ours: large.seconds, theirs: expected,
                 ratio: large.seconds / expected, at_most: true, target: Targets.of(session.codec, NAME, measure),
                 note: note(small, large, sizes))
    end

    def note(small, large, sizes)
      peak = large.report["peak_kib"]
      format("%s in %.2f s%s", sizes.keys.first, small.seconds, peak ? format(", peak %.0f MiB", peak / 1024) : "")
    end
  end
end
