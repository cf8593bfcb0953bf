# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # How far a component is: bytes so far, per second, and how long it may still take.
      ProgressFigures = Struct.new(:raw, :stored, :entry_count, :fraction, :rate, :seconds_left, keyword_init: true) do
        # "1.2 GiB", "45.0 MiB/s", "12s left"; the last only if it is known.
        def words
          parts = [Units.bytes(raw), "#{Units.bytes(rate)}/s"]
          parts << "#{Units.duration(seconds_left)} left" if seconds_left
          parts
        end
      end
    end
  end
end
