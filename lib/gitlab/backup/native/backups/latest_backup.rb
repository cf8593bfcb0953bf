# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What "latest" stands for: the newest complete backup that holds what is asked for, as far as a
      # look at its folder, or at both ends of its tar, tells.
      #
      # What is asked for is each component of --only; without that, all that the newest backups were
      # told to hold: one made with --only or --skip serves only where no other has more.
      class LatestBackup
        NAME = "latest"

        # catalog: Catalog; reporter gets a warning for each newer one that is passed over; only, skip:
        # ids of components the caller was given; damaged: true to take one also that lacks a file.
        def initialize(catalog, reporter: nil, only: [], skip: [], damaged: false)
          @catalog = catalog
          @reporter = reporter
          @named = only - skip
          @skip = skip
          @damaged = damaged
        end

        # True if the id is that word, and no backup has that name.
        def meant?(id)
          id == NAME && BackupDirectory.at(@catalog.base, id).nil?
        end

        # String: its name, as `list` shows it. Raises Error when there is none.
        def name
          backup = newest_first.find { |candidate| objection(candidate).nil? } || fullest
          raise Error.new("there is no complete backup in #{base}#{but}", path: @catalog.base) unless backup

          warn(backup)
          backup.name
        end

        private

        def base = Printable.name(@catalog.base)

        def newest_first
          @newest_first ||= @catalog.newest_first
        end

        # String: why it is none, nil when it is one.
        def objection(backup)
          broken(backup) || lack(backup) || partial(backup)
        end

        def broken(backup)
          return "incomplete" if backup.incomplete?

          backup.damages.first unless @damaged
        end

        def lack(backup)
          lacking = @named - held(backup)
          "without #{lacking.join(", ")}" if lacking.any?
        end

        def partial(backup)
          left_out = @named.empty? ? backup.skipped - @skip : []
          "made without #{left_out.join(", ")}" if left_out.any?
        end

        # Where all were told to leave something out: the newest that has what any of them has.
        def fullest
          usable = newest_first.reject { |backup| broken(backup) || lack(backup) }
          all = usable.flat_map { |backup| held(backup) }.uniq - @skip
          usable.find { |backup| (all - held(backup)).empty? }
        end

        def held(backup)
          return backup.source.components if backup.is_a?(BackupDirectory)

          backup.components.reject { |row| row["status"] == "failed" }.map { |row| row["id"] }
        end

        def warn(backup)
          newer = newest_first.take_while { |other| !other.equal?(backup) }
          return if newer.empty?

          @reporter&.warning("#{NAME} is #{Printable.name(backup.name)}: newer, but passed over: #{list(newer)}")
        end

        def but
          return if newest_first.empty?

          "#{" with #{@named.join(", ")}" if @named.any?}, but #{list(newest_first)}: " \
            "name one of these if it is what you want"
        end

        def list(backups)
          backups.map { |backup| "#{Printable.name(backup.name)} (#{objection(backup)})" }.join(", ")
        end
      end
    end
  end
end
