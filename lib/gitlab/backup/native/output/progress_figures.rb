# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # How far a component is: bytes so far, per second, how long it may still take, and what it is at.
      ProgressFigures = Struct.new(:raw, :stored, :entry_count, :fraction, :rate, :seconds_left, :position,
                                   keyword_init: true) do
        # "1.2 GiB", "45.0 MiB/s", "12s left", "public.notes: 3 rows, 1.2 KiB"; the last two only if they are known.
        def words
          parts.values
        end

        # The same by their names, in this order: bytes, rate, left, position.
        # What comes behind the last bytes (a database builds its indexes then) takes nobody knows how long.
        def parts
          left = "#{Units.duration(seconds_left)} left" if seconds_left&.>=(1)
          { bytes: Units.bytes(raw), rate: "#{Units.bytes(rate)}/s", left: left, position: position }.compact
        end
      end
    end
  end
end
