# frozen_string_literal: true

module Bench
  # What an archive of the tree costs at least, on two cores: the processor's seconds for reading, hashing,
  # deflating and writing, measured one after another in one thread, divided by two. tar-create and
  # limit cannot come below; how near tar-create is tells how much of its time is overhead.
  class Floor
    NAME = "floor"
    CORES = 2
    PROGRAM = File.expand_path("../../tmp/core/floor", __dir__)
    PARTS = %w[read hash deflate write].freeze

    # One run of `floor`, whose product lies where the contest wants it.
    class Parts < Gauge
      def initialize(tree, codec)
        super([PROGRAM, tree, "", codec], name: NAME)
        @tree = tree
        @codec = codec
      end

      def run(folder)
        report = "#{folder}/report"
        seconds = Pipeline.new([PROGRAM, @tree, "#{folder}/product", @codec]).run(output: report, chdir: folder)
        Run.new(seconds, File.size("#{folder}/product"), Bench.figures(report))
      end
    end

    def results(session)
      tree = session.workshop.tree
      Pipeline.new(TarCreate::TAR, %w[wc -c]).run(output: File::NULL, chdir: tree)
      ours, parts = session.contest(NAME).best([Ours.new("archive", source: tree), Parts.new(tree, session.codec)])
      [result(ours, parts.report)]
    end

    private

    def result(ours, report)
      floor = report.fetch("seconds") / CORES
      Result.new(row: NAME, peer: "parts / #{CORES}", ours: ours.seconds, theirs: floor, ratio: floor / ours.seconds,
                 note: PARTS.map { |part| format("%s %.2f", part, report.fetch(part)) }.join(", "))
    end
  end
end
