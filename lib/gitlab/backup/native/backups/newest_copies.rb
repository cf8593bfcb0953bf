# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # For each component the newest good copy there is among some backups: what must not go, however old.
      #
      # An archive without a file in it is none as long as an earlier one has some: its folder may have been missing, or
      # not mounted.
      class NewestCopies
        # id: of the component; backup: that has the copy; emptied: whether later backups hold none of its files.
        Copy = Struct.new(:id, :backup, :emptied)

        # {backup => ids of components of which it has the newest files}, of those of these copies that later backups
        # hold none of.
        def self.emptied(copies)
          copies.select(&:emptied).group_by(&:backup).transform_values { |same| same.map(&:id) }
        end

        # String to tell of such a one that it stays.
        def self.reason(backup, ids)
          name = Printable.name(backup.name)
          "#{name} is kept, however old: later backups hold no file of #{ids.join(", ")} (was the folder missing, or " \
            "not mounted?); if that is as it should be, delete it: #{Main::TITLE} delete #{name}"
        end

        # backups: [BackupDirectory or ListedTar], newest first.
        def initialize(backups)
          @backups = backups
          @filled = {}
        end

        # [Copy], one at most for each component.
        def call
          Component::IDS.filter_map { |id| copy(id) }
        end

        private

        def copy(id)
          good = @backups.select { |backup| good?(backup, id) }
          filled = good.find { |backup| filled?(backup, id) }
          # Where good ones are all empty, one that is less than good is better than nothing.
          filled ||= (@backups - good).find { |backup| filled?(backup, id) } if good.any?
          chosen = filled || good.first
          Copy.new(id, chosen, chosen == filled && emptied_since?(chosen, id)) if chosen
        end

        def good?(backup, id)
          backup.status == "complete" && row(backup, id)&.fetch("status", nil) == "complete"
        end

        def emptied_since?(chosen, id)
          @backups.take_while { |backup| backup != chosen }.any? { |backup| good?(backup, id) }
        end

        def row(backup, id)
          backup.components.find { |row| row["id"] == id }
        end

        def filled?(backup, id)
          @filled.fetch([backup, id]) { |key| @filled[key] = holds_files?(backup, id) }
        end

        # Of what has no summary the archive itself has to tell.
        def holds_files?(backup, id)
          row = row(backup, id)
          return row["status"] != "failed" && row["files"] != 0 if row&.key?("status")

          place = backup.source.place("#{id}.tar.gz") unless backup.summary
          !place.nil? && !EmptyArchive.at?(place)
        rescue Error, SystemCallError
          false
        end
      end
    end
  end
end
