# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # A whole run of `restore all`: everything is looked at and agreed to before anything
      # is touched.
      class RestoreRun
        # See Preloading.
        NEEDED = %i[
          Account ArchiveSize Aside AsidePlace AsideRecord BackupDirectory BackupId BackupInformation BackupPath
          BackupSource BooleanWords BytePath Catalog Checksums Child Codec Component ComponentJob ComponentResult
          Components Confirmation DatabaseBefore DatabaseCleaner DatabaseConnection DatabaseDump DatabaseEmptying
          DatabaseLines DatabaseLoader DatabasePsql DatabaseRake DatabaseRemains DatabaseReport DatabaseRestore
          DatabaseSessions DatabaseSnapshot DatabaseTally DatabaseTaskLines DatabaseText DatabaseTolerance DatabaseTools
          DatabaseVersion DatabasesRestore Decompression Descriptors Digests Drain Dump DumpCatalog DumpEngine DumpEntry
          DumpFacts DumpFrame DumpRefusal DumpSequences DumpSession DumpTables DumpTally DumpTypes DumpViews Durable
          EarlierRestore Executables Extraction Failure FilesRestore Folder FreeSpace GitEngine GitRestore GitalyBackup
          GitalyRestore GitlabRake Inflate InformationFile Journal LargestTables LatestBackup Leftovers ListedTar Load
          LoadFacts LoadKind LoadOutline LoadPart LoadPlan LoadProgress LoadResults LoadRows LoadSchedule LoadSession
          LoadSlices LoadTrees LoadUnit LockWatch LostComponents Manifest Members MissingDumps MissingProducts Monitor
          NoteWords Outcome Owner Packing ParallelDump ParallelLoad ParallelSource PgDump PgDumpSource PidFile PidHolder
          Place PoolerCheck Printable Problem Product ProductOptions ProgressDisplay ProgressFigures ProgressLine
          RegistryCleaner RegistryDatabase Removal RepositoriesRestore RepositoryChecks RepositoryFilter RepositoryJob
          RepositoryList RepositoryParallel RepositoryPools RepositoryQueues RepositoryScope RepositorySpool
          RepositoryStore RepositoryTally RepositoryTools RepositoryWorkers RestoreAttempt RestoreJob RestoreParts
          RestorePlan RestoreTarget RestoreUndo RestoredArchive RestoredDump ResultTable RowIndex RunLock RunSetup
          SavedRepository Scratch Selection SessionCheck Settlement ShellCommand SourceManifests SpaceCheck SpaceProbe
          StagedExchange Stream Summary Table TarBackup TarEnd TarEntries TarFolder TarIndex TarLoss TarLosses TarSource
          TarUnpacking Tree Units Unpacked WholenessCheck WorkDirectory
        ].freeze
        # What comes after it. GitLab's own restore task runs those in the middle; they need Rails.
        STEPS = ["gitlab-ctl reconfigure", "gitlab-ctl restart", "gitlab-rake gitlab:shell:setup",
                 "gitlab-rake cache:clear", "gitlab-rake gitlab:check SANITIZE=true"].freeze
        # Short: this is what GitLab's administrators have to do themselves.
        HINTS = ["gitlab-secrets.json and gitlab.rb are in no backup: restore them by hand if this is another machine",
                 "Then: #{STEPS.join(", ")}"].freeze

        def initialize(instance:, options:, reporter:, confirmation:)
          @instance = instance
          @options = options
          @reporter = reporter
          @confirmation = confirmation
        end

        # Restores. Returns the exit status; what failed has been reported. Blocks for as long
        # as it takes; a signal (see Signals.listen) ends it.
        def call
          RunSetup.call(NEEDED)
          prepare
          RunLock.hold(instance: @instance, reporter: @reporter) { under_lock }
        rescue Error => e
          failed(Failure.message(e))
        rescue SystemCallError, IOError => e
          failed(Failure.text(e))
        rescue SignalException => e
          failed("interrupted by SIG#{Signal.signame(e.signo)}, #{state}", 128 + e.signo)
        end

        private

        def prepare
          @options.check
          @options.jobs = Descriptors.limited(@options.jobs, @reporter)
          @base = BackupPath.prepare(@instance.backup_path)
        end

        def under_lock
          Leftovers.new(@base, @reporter).clear
          RestoreUndo.new(instance: @instance, base: @base, options: @options, reporter: @reporter).finish_settling
          @source = BackupSource.find(@base, @options.backup_id, reporter: @reporter, **@options.asked)
          @reporter.restoring(backup_id: @source.id, directory: @source.path)
          @journal = Journal.unfinished(@base) || Journal.start(@base, @source.id)
          agreed? ? restore : quit
        end

        def agreed?
          plan = RestorePlan.new(instance: @instance, source: @source, options: @options, parts: parts,
                                 reporter: @reporter)
          plan.check_version
          @planned = plan.parts
          plan.check
          tell(plan.replaces)
          @confirmation.given?
        end

        def parts
          @parts ||= RestoreParts.new(instance: @instance, source: @source, workers: @options.jobs, options: @options,
                                      journal: @journal, reporter: @reporter)
        end

        def tell(lines)
          earlier.tell
          @reporter.info("This will be replaced:")
          lines.each { |line| @reporter.info(line) }
        end

        def earlier
          EarlierRestore.new(journal: @journal, parts: parts, reporter: @reporter)
        end

        def quit
          @reporter.info("Quitting...")
          1
        end

        def restore
          earlier.give_back_except(@planned)
          status = RestoreAttempt.new(source: @source, journal: @journal, planned: @planned, parts: parts,
                                      keep: @options.keep_previous, reporter: @reporter).call
          HINTS.each { |hint| @reporter.info(hint) } if status.zero?
          status
        end

        def failed(message, status = 1)
          @reporter.failed(message)
          status
        end

        def state
          return "nothing was touched" unless @journal&.begun?
          return "all was restored" if @journal.state == "settling"

          "what was there before is kept: restore again, or put it back with: #{RestoreAttempt::UNDO}"
        end
      end
    end
  end
end
