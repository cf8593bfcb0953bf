# frozen_string_literal: true

require_relative "../churn"
require_relative "../settling"

module Bench
  # The tree once more, after 1 % of its files have changed, with the previous archive at hand. The peer archives it
  # as it did the night before.
  class TarAgain
    NAME = "tar-again"
    COMPRESSOR = %w[gzip -c -1].freeze

    def results(session)
      session.workshop.within("again") do |folder|
        tree = "#{folder}/tree"
        system("cp", "-a", "--", session.workshop.tree, tree, exception: true)
        changed = prepare(tree, previous(tree, folder))
        race(session, tree, "#{folder}/previous", changed)
      end
    end

    private

    # Path of the folder with the first archive and its manifest.
    def previous(tree, folder)
      Settling.wait(folder)
      "#{folder}/previous".tap do |path|
        Dir.mkdir(path)
        system(*Ours::RUBY, "archive", tree, path, out: File::NULL, exception: true)
      end
    end

    # Changes the tree and fills the page cache. Returns how many files are others now.
    def prepare(tree, previous)
      Churn.change(tree).tap do
        system("sync", "-f", tree)
        Settling.wait(File.dirname(tree))
        Pipeline.new(TarCreate::TAR, %w[wc -c]).run(output: File::NULL, chdir: tree)
        warm(previous)
      end
    end

    # Large products are written past the page cache, and what is read may be dropped behind the reader.
    def warm(previous)
      Pipeline.new(["cat", "#{previous}/product", "#{previous}/manifest"]).run(output: File::NULL)
    end

    def race(session, tree, previous, changed)
      ours = Ours.new("again", source: tree, more: [previous])
      peer = Peer.new(TarCreate::TAR, COMPRESSOR, name: "tar | #{COMPRESSOR.join(" ")}", chdir: tree)
      Race.new(session, NAME, ours: ours, peers: [peer], before: -> { warm(previous) }).results do |best, *|
        reused = best.report.fetch("reused") / best.report.fetch("raw")
        { flaw: reused.zero? ? "nothing was reused" : nil,
          note: format("%d files changed, %.0f %% of the bytes reused", changed, 100 * reused) }
      end
    end
  end
end
