# frozen_string_literal: true

module Bench
  # The most memory an archive of the tree took, against what was promised.
  class Memory
    NAME = "memory"
    MIB = 1024.0
    BASE = 96
    PER_WORKER = 8

    def results(session)
      ours = Ours.new("archive", source: session.workshop.tree)
      runs = contest(session).runs([ours]).first
      peak = runs.map { |run| run.report.fetch("peak_kib") / MIB }.max
      limit = BASE + (PER_WORKER * runs.first.report.fetch("workers"))
      [Result.new(row: NAME, peer: "formula", ratio: peak / limit, at_most: true,
                  target: Targets.of(session.codec, NAME, "formula"),
                  note: format("peak %.0f MiB of %.0f MiB", peak, limit))]
    end

    private

    def contest(session)
      Contest.new(folder: session.workshop.folder, rounds: session.rounds,
                  log: ->(text) { session.log("#{NAME}, #{text}") })
    end
  end
end
