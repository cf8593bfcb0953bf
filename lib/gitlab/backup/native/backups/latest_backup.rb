# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What "latest" stands for: the newest backup that has all it should have, as far as a look at
      # its folder, or at both ends of its tar, tells.
      class LatestBackup
        NAME = "latest"

        # catalog: Catalog; reporter gets a warning for each newer one that is passed over.
        def initialize(catalog, reporter: nil)
          @catalog = catalog
          @reporter = reporter
        end

        # True if the id is that word, and no backup has that name.
        def meant?(id)
          id == NAME && BackupDirectory.at(@catalog.base, id).nil?
        end

        # String: its name, as `list` shows it. damaged: true to take one also that lacks something.
        # Raises Error when there is none.
        def name(damaged: false)
          passed = []
          newest_first.each do |backup|
            reason = objection(backup, damaged)
            return take(backup, passed).name unless reason

            passed << "#{Printable.name(backup.name)} (#{reason})"
          end
          raise Error.new("there is no complete backup in #{Printable.name(@catalog.base)}#{but(passed)}",
                          path: @catalog.base)
        end

        private

        def newest_first
          @newest_first ||= @catalog.newest_first
        end

        def objection(backup, damaged)
          return "incomplete" if backup.incomplete?

          backup.damages.first unless damaged
        end

        def take(backup, passed)
          warn(backup, "newer, but passed over: #{passed.join(", ")}") if passed.any?
          whole = newest_whole unless backup.skipped.empty?
          warn(backup, "not all is in it; the newest that has it all is #{Printable.name(whole.name)}") if whole
          backup
        end

        def warn(backup, words)
          @reporter&.warning("#{NAME} is #{Printable.name(backup.name)}: #{words}")
        end

        def newest_whole
          newest_first.find { |backup| backup.skipped.empty? && backup.status == "complete" }
        end

        def but(passed)
          ", but #{passed.join(", ")}: name one of these if it is what you want" if passed.any?
        end
      end
    end
  end
end
