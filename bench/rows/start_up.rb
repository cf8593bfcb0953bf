# frozen_string_literal: true

require "rbconfig"

module Bench
  # How long a command that does nothing takes.
  class StartUp
    NAME = "start-up"
    ROUNDS = 15

    def results(session)
      ours = Peer.new([LAUNCHER, "version"], name: "version")
      peer = Peer.new([RbConfig.ruby, "-e", ""], name: "ruby -e ''", key: "ruby")
      quick = session.with(rounds: [ROUNDS, session.rounds].max, quiet: true)
      Race.new(quick, NAME, ours: ours, peers: [peer]).results.each do |result|
        result.ratio = result.ours / result.theirs
        result.at_most = true
      end
    end
  end
end
