# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Deletes what Retention lets go. Call it under the RunLock.
      class Pruning
        def initialize(catalog:, reporter:)
          @catalog = catalog
          @reporter = reporter
        end

        # rules are Retention's. Returns the exit status: 1 if something stays that was to go; there is a line why.
        # Raises Error.
        def call(**rules)
          return 1 if spared?

          results = expired(rules).map { |backup| delete(backup) }
          @reporter.info("Deleting old backups ... done. (#{results.count(true)} removed)")
          results.all? ? 0 : 1
        end

        # Says what #call would do. Returns 0. Raises Error.
        def preview(**rules)
          return 0 if spared?

          doomed = expired(rules)
          doomed.each { |backup| @reporter.info("Would delete #{Printable.name(backup.path)}") }
          @reporter.info("#{Units.count(doomed.size, "backup")} would be deleted")
          0
        end

        private

        def spared?
          pending = PendingRestore.at(@catalog.base) or return false
          @reporter.alert(pending.reason)
          true
        end

        def expired(rules)
          retention = Retention.new(@catalog.all, **rules)
          retention.spared.each { |backup, ids| @reporter.warning(NewestCopies.reason(backup, ids)) }
          retention.expired
        end

        def delete(backup)
          backup.delete
          @reporter.info("Deleted #{Printable.name(backup.path)}")
          true
        rescue Error => e
          @reporter.warning(e.message)
          false
        end
      end
    end
  end
end
