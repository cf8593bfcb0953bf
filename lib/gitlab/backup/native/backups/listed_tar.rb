# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # An outer tar in the backup path as `list` shows it, beside a BackupDirectory: by its first member and its end,
      # however large it is.
      class ListedTar
        SUFFIXES = ["#{BackupId::TAR_SUFFIX}#{BackupId::INCOMPLETE_SUFFIX}", BackupId::TAR_SUFFIX].freeze

        # The ListedTar of that file name, nil if it is no such file.
        def self.at(base, name)
          suffix = SUFFIXES.find { |ending| name.end_with?(ending) }
          backup = suffix && TarBackup.at(base, name.delete_suffix(suffix), suffix: suffix)
          backup && new(backup, name)
        end

        # String: the file's name, by which no other backup is known.
        attr_reader :name

        # backup: TarBackup
        def initialize(backup, name)
          @backup = backup
          @name = name
        end

        # BackupSource of it.
        def source(reporter: nil) = TarSource.new(@backup, reporter: reporter)

        # What a BackupDirectory answers under these names.
        def path = @backup.path
        def incomplete? = name.end_with?(BackupId::INCOMPLETE_SUFFIX)
        def created_at = information&.created_at&.getutc
        def version = information&.gitlab_version
        def id = information&.backup_id || @backup.name
        def size = File.size(path)

        # "complete", "damaged" when it cannot be read, "incomplete" when components failed,
        # "foreign" for one that has no summary of ours.
        def status
          return "incomplete" if incomplete?
          return "damaged" unless damages.empty?

          summary ? "complete" : "foreign"
        end

        # True if there is a summary that does not fit, and nothing else is wrong.
        def summary_ignored?
          status == "foreign" && !tar_end.summary.nil?
        rescue SystemCallError
          false
        end

        # [{"id", "title", "reason"}] of the components that failed.
        def reasons
          failed = components.select { |row| row["status"] == "failed" }
          failed.map { |row| { "id" => row["id"], "title" => row["title"], "reason" => row["error"] } }
        end

        # Strings: what the run warned of.
        def warnings
          Summary.warned(summary)
        end

        # [TarMember] of one that has no summary, [] of what is no tar, nil where the summary tells. Reads all headers;
        # #damages knows what is wrong with them afterwards. Raises Error.
        def members
          return if summary

          @members ||= look_inside
        end

        # Strings: what is wrong with it at first sight.
        def damages
          information
          @damages ||= [@objection, end_damage].compact
        rescue SystemCallError => e
          @damages = [Failure.plain(e)]
        end

        # Hash of summary.json (String keys), or nil.
        def summary
          return @summary if defined?(@summary)

          text = tar_end.summary
          @summary = text && Summary.parse(text, id)
        rescue SystemCallError
          nil
        end

        # Hashes of summary.json; without one, those that can be in it.
        def components
          summary ? Summary.rows(summary) : (Component::IDS - skipped).map { |id| { "id" => id } }
        end

        # Integer: what went wrong in the components that are kept.
        def problem_count
          components.sum { |component| component["problem_count"].to_i }
        end

        # Strings: ids of the components that were left out as asked.
        def skipped
          Component::IDS & (information&.skipped || [])
        end

        # Removes it. Of a link, what that leads to stays. Raises Error.
        def delete
          Removal.new(File.dirname(path)).file(name)
        end

        private

        def look_inside
          index = @backup.index
          @damages = [*@objection, *index.losses.map(&:text)] if index.losses.any?
          TarMember.all(index)
        rescue FormatError
          []
        end

        # BackupInformation, nil when there is none.
        def information
          return @information if defined?(@information)

          @information = @backup.information
        rescue Error => e
          @objection = Printable.line(e.message.delete_prefix("#{path} "))
          @information = nil
        end

        def end_damage
          return "its end is missing" unless tar_end.there?

          "a header near its end is damaged" if tar_end.broken?
        end

        def tar_end
          @tar_end ||= TarEnd.new(path)
        end
      end
    end
  end
end
