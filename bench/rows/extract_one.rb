# frozen_string_literal: true

module Bench
  # One small file out of an archive of ours, Ruby's start included. tar has to read all of it.
  class ExtractOne
    NAME = "extract-one"

    def results(session)
      tree = session.workshop.tree
      session.workshop.in_memory do |memory|
        system(*Ours::RUBY, "archive", tree, memory.folder, out: File::NULL, exception: true)
        race(session.with(workshop: memory), some_file(tree))
      end
    end

    private

    # Of a folder in the middle.
    def some_file(tree)
      top = Dir.children("#{tree}/@hashed").sort
      Dir.glob("@hashed/#{top[top.size / 2]}/**/*", base: tree).find { |path| File.file?("#{tree}/#{path}") }
    end

    def race(session, path)
      archive = "#{session.workshop.folder}/product"
      manifest = "#{session.workshop.folder}/manifest"
      ours = TarExtract::Extractor.new([*Ours::RUBY, "extract", archive, manifest, path], name: "ours")
      tar = TarExtract::Extractor.new(["tar", "-xzf", archive, "./#{path}"], name: "tar -xzf F ./path", key: "tar")
      Race.new(session, NAME, ours: ours, peers: [tar]).results do |best, run, *|
        { flaw: best.report == run.report ? nil : "not the same entries",
          note: format("%.0f ms", best.seconds * 1000) }
      end
    end
  end
end
