# frozen_string_literal: true

require "fileutils"

module Bench
  # Lets competitors do the same work in turn, A B A B, and keeps the best run of each.
  class Contest
    # folder: on the file system all of them write to; before: called ahead of each run;
    # log: called with a line of text after each run.
    def initialize(folder:, rounds:, log:, before: -> {})
      @folder = "#{folder}/out"
      @rounds = rounds
      @log = log
      @before = before
    end

    # Returns one Run for each competitor. Raises Failure.
    def best(competitors)
      runs(competitors).map { |of_one| of_one.min_by(&:seconds) }
    end

    # Returns an Array of all Runs for each competitor. Raises Failure.
    def runs(competitors)
      Array.new(@rounds) { |round| competitors.map { |competitor| one(competitor, round) } }.transpose
    end

    private

    # What was written is gone, and nothing of it waits to be written, before the next one begins.
    def one(competitor, round)
      Dir.mkdir(@folder)
      system("sync", "-f", @folder)
      @before.call
      run = competitor.run(@folder)
      @log.call("round #{round + 1} of #{@rounds}: #{competitor.name} #{format("%.2f", run.seconds)} s")
      run
    ensure
      FileUtils.rm_rf(@folder)
    end
  end
end
