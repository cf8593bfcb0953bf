# frozen_string_literal: true

module Bench
  # One line of the table. ours and theirs: seconds (nil if there are none); ratio: theirs by ours, as many times faster
  # are we; with at_most ours by theirs, or by what was promised; target: what the ratio has to be, nil for no target;
  # at_most: the ratio must not be above the target, else not below it; flaw: another reason why it is not met; note:
  # what else was seen; skipped: why there are no figures.
  Result = Struct.new(:row, :peer, :ours, :theirs, :ratio, :target, :at_most, :flaw, :note, :skipped,
                      keyword_init: true) do
    def judged?
      !skipped && !target.nil?
    end

    def missed?
      judged? && (!flaw.nil? || (at_most ? ratio > target : ratio < target))
    end

    # "met", "MISSED", "skipped", or nothing where there is no target.
    def verdict
      return "skipped" if skipped
      return "" unless judged?

      missed? ? "MISSED" : "met"
    end
  end
end
