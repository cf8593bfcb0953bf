# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Where a component at work tells how far it is and what is worth a line. Any
      # thread may call it.
      class Monitor
        CLOCK = -> { Process.clock_gettime(Process::CLOCK_MONOTONIC) }

        # More warnings than that are not kept.
        MAX_WARNINGS = 1000

        # Strings: the first warnings given, to keep with the backup.
        attr_reader :warnings

        # `previous` is what the newest backup says of the component: {"raw", "entries"…}
        # or nil; it serves until the component has an estimate of its own.
        def initialize(component:, reporter:, previous: nil, clock: CLOCK)
          @component = component
          @reporter = reporter
          @expected = previous&.fetch("raw", nil)
          @clock = clock
          @started = clock.call
          @figures = { raw: 0, stored: 0, entries: 0 }
          @warnings = []
          @mutex = Mutex.new
        end

        # Expects `bytes` of raw data in all.
        def estimate(bytes)
          @mutex.synchronize { @expected = bytes }
        end

        # Expects `count` entries in all (repositories, whose bytes nobody knows before).
        def estimate_entries(count)
          @mutex.synchronize { @expected_entries = count }
        end

        # Absolute figures so far; what is not given stays. position: String, what it is at, or nil.
        def advance(raw: nil, stored: nil, entries: nil, position: nil)
          @mutex.synchronize do
            @figures.merge!({ raw: raw, stored: stored, entries: entries }.compact)
            @position = position
            @reporter.progress(@component, figures)
          end
        end

        # One line among the run's others.
        def info(text)
          @reporter.info(text)
        end

        # The same as a warning.
        def warn(text)
          keep(text)
          @reporter.warning(text)
        end

        # The same as a warning that somebody has to see.
        def alert(text)
          keep(text)
          @reporter.alert(text)
        end

        private

        def keep(text)
          @mutex.synchronize { @warnings << text if @warnings.size < MAX_WARNINGS }
        end

        def figures
          elapsed = @clock.call - @started
          part = fraction
          ProgressFigures.new(raw: @figures[:raw], stored: @figures[:stored], entry_count: @figures[:entries],
                              fraction: part, rate: elapsed.positive? ? @figures[:raw] / elapsed : 0,
                              seconds_left: part&.positive? ? elapsed * (1 - part) / part : nil,
                              position: @position)
        end

        # 0.0 to 1.0, or nil while nothing is known to compare with.
        def fraction
          done, all = @expected_entries ? [@figures[:entries], @expected_entries] : [@figures[:raw], @expected]
          return unless all&.positive?

          [done.fdiv(all), 1.0].min
        end
      end
    end
  end
end
