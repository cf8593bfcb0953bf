# frozen_string_literal: true

module Bench
  # tar-create on a tree in memory against what two cores could do at best: twice the codec's own
  # speed on the same bytes, with nothing read, hashed or written.
  class Limit
    NAME = "limit"
    CORES = 2
    PROGRAM = File.expand_path("../../tmp/core/codec_speed", __dir__)

    def results(session)
      session.workshop.in_memory do |workshop|
        inner = session.with(workshop: workshop)
        ours, codec = inner.contest(NAME).best([Ours.new("archive", source: workshop.tree), codec(inner)])
        [result(session, ours, codec)]
      end
    end

    private

    def codec(session)
      Gauge.new(TarCreate::TAR, [PROGRAM, session.codec], name: "codec", chdir: session.workshop.tree)
    end

    def result(session, ours, codec)
      ideal = codec.report.fetch("seconds") / CORES
      seconds = ours.report.fetch("seconds")
      Result.new(row: NAME, peer: "#{CORES} x codec alone", ours: seconds, theirs: ideal, ratio: ideal / seconds,
                 target: Targets.of(session.codec, NAME, "codec"),
                 note: format("codec %.0f MB/s on one core", codec.report.fetch("raw") / ideal / CORES / 1e6))
    end
  end
end
