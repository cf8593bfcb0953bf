# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # How one component of a run ended: with an Outcome, or with the Error that failed
      # it as a whole. seconds is a Float, as are cpu_seconds, the CPU time of this process in
      # them; warnings are the Strings it gave, or nil.
      ComponentResult = Struct.new(:component, :outcome, :error, :seconds, :cpu_seconds, :warnings,
                                   keyword_init: true) do
        def failed?
          !error.nil?
        end

        # True if all of it is there.
        def good?
          !failed? && problem_count.zero?
        end

        # Integer; 0 for a component that failed, as it has nothing that is kept.
        def problem_count
          failed? ? 0 : outcome.problem_count
        end

        # "failed", "complete" or "problems"
        def status
          return "failed" if failed?

          problem_count.zero? ? "complete" : "problems"
        end
      end
    end
  end
end
