# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Deletes the tars that GitLab's tasks would delete: by the age in their names, not by the file's, and only those
      # with a name of theirs. An incomplete tar goes when a complete one of its age would. One stays if it has the
      # newest files of a component of which later ones hold none, see NewestCopies. Call it under the lock, and after a
      # run in which nothing failed.
      class TarPruning
        NAME = /\A(?<epoch>\d{10})
                (?:_\d{4}_\d{2}_\d{2}
                  (?:_\d+\.\d+\.\d+(?:[-.](?:pre|rc\d))?(?:-ee)?)?)?
                #{Regexp.escape(BackupId::TAR_SUFFIX)}(?:#{Regexp.escape(BackupId::INCOMPLETE_SUFFIX)})?\z/x

        # base: the backup path; keep_time: seconds, 0 or less for ever.
        def initialize(base:, keep_time:, reporter:, now: Time.now)
          @base = base
          @keep_time = keep_time
          @reporter = reporter
          @now = now
        end

        # made: path or name of this run's tar, which stays. Returns how many could not be deleted; each got a line.
        # Raises Error when the backup path cannot be read.
        def call(made:)
          return skip unless @keep_time.positive?

          pending = PendingRestore.at(@base)
          return skip(pending) if pending

          @reporter.info("Deleting old backups ... ")
          results = without_last_files(expired(File.basename(made))).map { |name| delete(name) }
          @reporter.info("Deleting old backups ... done. (#{results.count(true)} removed)")
          results.count(false)
        end

        # Names of those that are old enough, oldest first. Raises Error.
        def expired(made)
          names = Dir.children(@base, encoding: Encoding::UTF_8).select { |name| name != made && old?(name) }
          names.sort
        rescue SystemCallError => e
          raise Failure.of("list", @base, e)
        end

        private

        def skip(pending = nil)
          @reporter.alert(pending.reason) if pending
          @reporter.info("Deleting old backups ... [SKIPPED]")
          0
        end

        def without_last_files(names)
          return names if names.empty?

          copies = NewestCopies.new(Catalog.new(@base).tars.reverse).call
          kept = NewestCopies.emptied(copies).select { |tar, _| names.include?(tar.name) }
          kept.each { |tar, ids| @reporter.alert(NewestCopies.reason(tar, ids)) }
          names - kept.keys.map(&:name)
        end

        def old?(name)
          epoch = name.b[NAME, :epoch]
          !epoch.nil? && @now - Time.at(epoch.to_i) > @keep_time
        end

        def delete(name)
          Removal.new(@base).file(name)
          true
        rescue Error => e
          @reporter.error("Deleting #{File.join(@base, name)} failed: #{Failure.plain(e)}")
          false
        end
      end
    end
  end
end
