# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What the parts of a text came to, put together. Any thread may add to it.
      class LoadResults
        # Failures that are kept, as of a text that is run as a whole.
        KEPT = 1000

        def initialize
          @results = []
          @mutex = Mutex.new
        end

        # result: Load::Result
        def add(result)
          @mutex.synchronize { @results << result }
        end

        # Load::Result, its failures in the text's order
        def to_result
          failures = @results.flat_map(&:failures).sort_by(&:line).first(KEPT)
          Load::Result.new(@results.sum(&:bytes), @results.sum(&:statements), failures, kinds)
        end

        private

        def kinds
          all = @results.flat_map(&:kinds).group_by { |kind| [kind.sqlstate, kind.verb] }
          all.map { |(sqlstate, verb), same| Load::Kind.new(sqlstate, verb, same.sum(&:count)) }
        end
      end
    end
  end
end
