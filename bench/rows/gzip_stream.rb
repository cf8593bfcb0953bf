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
        { note: format("output %.3f of theirs", ours.bytes.fdiv(run.bytes)), flaw: larger ? "larger" : nil }
      end
    end
  end
end
