# frozen_string_literal: true

module Bench
  # What no compressor can shrink must cost next to nothing.
  class GzipRandom
    NAME = "gzip-random"
    GROWTH = 1.0005

    def results(session)
      feed = ["cat", session.workshop.noise]
      peer = Peer.new(feed, %w[gzip -c -1], name: "gzip -c -1")
      Race.new(session, NAME, ours: Ours.new("stream", feed: feed), peers: [peer]).results do |ours, *|
        growth = ours.bytes.fdiv(Noise::BYTES)
        { note: format("output %.5f of the input", growth), flaw: growth > GROWTH ? "larger" : nil }
      end
    end
  end
end
