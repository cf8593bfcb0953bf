# frozen_string_literal: true

require_relative "result"
require_relative "targets"

module Bench
  # A row in which we do the same work as some peers and the seconds are compared.
  class Race
    # session: Session; name: the row's; ours, peers: competitors; before: as of Contest.
    def initialize(session, name, ours:, peers:, before: -> {})
      @session = session
      @name = name
      @ours = ours
      @peers = peers
      @before = before
    end

    # Array of Result, one a peer. The block gets both Runs and the peer's key, and returns what the
    # Result is to say besides: { note:, flaw: }.
    def results(&block)
      absent, present = @peers.partition(&:missing)
      best, *others = present.empty? ? [] : @session.contest(@name, before: @before).best([@ours, *present])
      present.zip(others).map { |peer, run| result(peer, best, run, &block) } +
        absent.map { |peer| Result.new(row: @name, peer: peer.name, skipped: "#{peer.missing} is not installed") }
    end

    private

    def result(peer, best, run)
      besides = block_given? ? yield(best, run, peer.key) : {}
      Result.new(row: @name, peer: peer.name, ours: best.seconds, theirs: run.seconds,
                 ratio: run.seconds / best.seconds, target: Targets.of(@session.codec, @name, peer.key), **besides)
    end
  end
end
