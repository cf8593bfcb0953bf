# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Figures for people.
      module Units
        NAMES = %w[B KiB MiB GiB TiB PiB].freeze

        # "0 B", "999 B", "1.5 KiB", "12.0 GiB".
        def self.bytes(count)
          power = 0
          power += 1 while count >= 1024**(power + 1) && power < NAMES.size - 1
          power.zero? ? "#{count.to_i} B" : format("%.1f %s", count / (1024.0**power), NAMES[power])
        end

        # "9s", "3m 09s", "2h 05m".
        def self.duration(seconds)
          minutes, rest = seconds.round.divmod(60)
          return "#{rest}s" if minutes.zero?

          hours, minutes_left = minutes.divmod(60)
          hours.zero? ? format("%dm %02ds", minutes, rest) : format("%dh %02dm", hours, minutes_left)
        end

        # "3 files", "1 file".
        def self.count(number, noun)
          number == 1 ? "1 #{noun}" : "#{number} #{noun}s"
        end
      end
    end
  end
end
