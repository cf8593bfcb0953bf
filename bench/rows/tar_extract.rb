# frozen_string_literal: true

module Bench
  # The tree out of an archive of ours with its manifest, onto a file system in memory; every file's hash is
  # checked. Peers check gzip's CRC.
  class TarExtract
    NAME = "tar-extract"

    # Takes an archive apart in "tree" below its folder; what it has made is counted afterwards.
    class Extractor < Peer
      def run(folder)
        tree = "#{folder}/tree"
        Dir.mkdir(tree)
        seconds = Pipeline.new(*@commands).run(output: "#{folder}/report", chdir: tree)
        Run.new(seconds, 0, { "entries" => `find #{tree} -printf x`.size })
      end
    end

    # archive, manifest: paths; without a manifest ours reads it as one of others.
    def self.race(session, workshop, name, archive, manifest = nil)
      ours = Extractor.new([*Ours::RUBY, "extract", archive, *manifest], name: "ours")
      tar = Extractor.new(["gzip", "-cd", archive], %w[tar -xf -], name: "gzip -cd | tar -xf -")
      Race.new(session.with(workshop: workshop), name, ours: ours, peers: [tar]).results do |best, run, *|
        { flaw: best.report == run.report ? nil : "not the same entries",
          note: format("%.0f files/s", Tree::FILES / best.seconds) }
      end
    end

    def results(session)
      tree = session.workshop.tree
      session.workshop.in_memory do |memory|
        system(*Ours::RUBY, "archive", tree, memory.folder, out: File::NULL, exception: true)
        self.class.race(session, memory, NAME, "#{memory.folder}/product", "#{memory.folder}/manifest")
      end
    end
  end
end
