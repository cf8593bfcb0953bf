# frozen_string_literal: true

module Bench
  # A pipe of COPY text into one .gz; the same `cat` feeds everybody.
  class GzipStream
    NAME = "gzip-stream"
    PEERS = [%w[gzip -c -1], %w[pigz -c -1], %w[igzip -1 -c]].freeze

    def results(session)
      feed = ["cat", session.workshop.rows]
      peers = PEERS.map { |command| Peer.new(feed, command, name: command.join(" ")) }
      Race.new(session, NAME, ours: Ours.new("stream", feed: feed), peers: peers).results do |ours, run, program|
        larger = program == "gzip" && ours.bytes > run.bytes
        { note: note(ours, run), flaw: larger ? "larger" : nil }
      end
    end

    private

    def note(ours, run)
      handover = ours.report.fetch("handover") / ours.report.fetch("cpu")
      format("output %<size>.3f of theirs, hand-over %<handover>.2f %% of our CPU time",
             size: ours.bytes.fdiv(run.bytes), handover: 100 * handover)
    end
  end
end
