# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What archives of files may take over. previous: String, the only backup to take from, "latest" as well, or nil
      # for the newest that serves; full: true for nothing at all; full_every: Integer, how often an archive is to be
      # made in full, or nil; dedup: true to hold equal files once.
      ReuseOptions = Struct.new(:previous, :full, :full_every, :dedup, keyword_init: true) do
        # Raises Error for words that contradict each other.
        def check
          return unless full && previous

          raise Error, "--full takes nothing from an earlier backup, and --previous names one: leave one of them out"
        end
      end
    end
  end
end
