# frozen_string_literal: true

module Bench
  # What all rows share. workshop: Workshop; rounds: how often each competitor runs; codec: name of
  # the gzip codec ours uses; virtual: how many cores the row scaling is to pretend, nil for those there are.
  Session = Struct.new(:workshop, :rounds, :codec, :virtual, :quiet, keyword_init: true) do
    # Tells what is going on, apart from the results.
    def log(text)
      warn("  #{text}") unless quiet
    end
  end
end
