# frozen_string_literal: true

require_relative "contest"

module Bench
  # What all rows share. workshop: Workshop; rounds: how often each competitor runs; codec: name of
  # the gzip codec ours uses; virtual: how many cores the row scaling is to pretend, nil for those there are.
  Session = Struct.new(:workshop, :rounds, :codec, :virtual, :quiet, keyword_init: true) do
    # The same with other values for some of these.
    def with(**changes)
      self.class.new(**to_h, **changes)
    end

    # Contest in the workshop's folder. row: name, for what is told of it; options: as of Contest.
    def contest(row, **options)
      Contest.new(folder: workshop.folder, rounds: rounds, log: ->(text) { log("#{row}, #{text}") }, **options)
    end

    # Tells what is going on, apart from the results.
    def log(text)
      warn("  #{text}") unless quiet
    end
  end
end
