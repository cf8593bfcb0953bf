# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Which backups may go. Never those that hold the newest good copy of a component:
      # a run of `--only uploads` is no reason to let the last copy of the database go.
      class Retention
        # backups: [BackupDirectory]. keep_time: seconds, 0 for ever, nil for no such rule;
        # keep_last: how many complete ones stay, nil likewise. With both, what either wants
        # stays.
        def initialize(backups, keep_time: nil, keep_last: nil, now: Time.now)
          @backups = backups.sort_by { |backup| backup.created_at.to_i }.reverse
          @keep_time = keep_time
          @keep_last = keep_last
          @now = now
        end

        # [BackupDirectory] to delete, oldest first.
        def expired
          return [] if all_stay?

          kept = protected_names
          old.reject { |backup| kept.include?(backup.name) }.reverse
        end

        # {BackupDirectory => ids}: what would be deleted, were it not the newest that has files of these components.
        def spared
          return {} if all_stay?

          NewestCopies.emptied(copies).slice(*old)
        end

        private

        def all_stay?
          @keep_time&.zero? || (@keep_time || @keep_last).nil?
        end

        def old
          @old ||= @backups.reject { |backup| wanted?(backup) }
        end

        def copies
          @copies ||= NewestCopies.new(@backups).call
        end

        # Without a date nobody can say how old it is.
        def wanted?(backup)
          created_at = backup.created_at
          return true unless created_at
          return true if @keep_time && @now - created_at <= @keep_time

          @keep_last && newer_complete(created_at) < @keep_last
        end

        def newer_complete(created_at)
          @backups.count { |backup| backup.status == "complete" && backup.created_at && backup.created_at > created_at }
        end

        def protected_names
          copies.map { |copy| copy.backup.name }.push(newest_complete&.name).uniq
        end

        def newest_complete
          %w[complete foreign].filter_map { |status| @backups.find { |backup| backup.status == status } }.first
        end
      end
    end
  end
end
