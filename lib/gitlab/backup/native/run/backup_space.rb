# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Whether the backup path has the room a backup will take there. How much that is the newest backups tell:
      # of each component the newest one that has it. What no backup has had yet counts nothing.
      class BackupSpace
        # What a manifest takes for a file, as a rule.
        MANIFEST_ENTRY = 256
        # How many of those in the way are named.
        NAMED = 3

        # base: the backup path; ids: of the components that will be made.
        def initialize(base, ids)
          @base = base
          @ids = ids
        end

        # Integer: bytes.
        def needed
          rows.values.sum { |row| row["stored"].to_i + (row["files"].to_i * MANIFEST_ENTRY) }
        end

        # passed: whether too little is but a warning to the reporter. Raises Error. Nobody is kept from trying where
        # df does not tell.
        def check(reporter, passed:)
          bytes = needed
          available = FreeSpace.bytes(@base) if bytes.positive?
          return if available.nil? || available >= bytes

          fact = [fact(bytes, available), *in_the_way].join("; ")
          return reporter.warning("#{fact}; backed up all the same, as asked") if passed

          raise Error.new("#{fact}; free some space there, leave components out, or go on all the same with " \
                          "#{FreeSpace::SKIP}=true", path: @base)
        end

        private

        # {component id => its Hash in the newest summary}
        def rows
          @rows ||= newest_first.each_with_object({}) do |backup, found|
            break found if found.size == @ids.size

            fitting(backup).each { |row| found[row["id"]] ||= row }
          end
        end

        def newest_first
          @newest_first ||= Catalog.new(@base).newest_first
        end

        # Strings: what is left of runs that failed, as for want of room, the largest first.
        def in_the_way
          sizes = newest_first.select(&:incomplete?).to_h { |backup| [Printable.name(backup.name), backup.size] }
          sizes.max_by(NAMED) { |_, size| size }.map do |name, size|
            "#{name} takes #{Units.bytes(size)}: #{Main::TITLE} delete #{name}"
          end
        end

        def fitting(backup)
          backup.components.select { |row| @ids.include?(row["id"]) && row["status"] != "failed" && row["stored"] }
        end

        def fact(bytes, available)
          "too little room for a backup in #{Printable.name(@base)}: about #{Units.bytes(bytes)} needed, as the " \
            "newest backups took, #{Units.bytes(available)} available"
        end
      end
    end
  end
end
