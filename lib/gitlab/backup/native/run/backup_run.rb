# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # A whole run of `backup all`, from the checks to the pruning of old backups.
      class BackupRun
        # What a run comes to use; see Preloading.
        NEEDED = %i[
          Account Archive BackupAttempt BackupDirectory BackupId BackupInformation BackupPath BackupPlan BackupSource
          BackupSpace BooleanWords BytePath CarriedRepositories Catalog Checksums Child Codec Completeness Component
          ComponentJob ComponentResult ComponentRunner Components DatabaseConnection DatabaseDump DatabaseSnapshot
          DatabaseVersion Descriptors Digests DiskEntries Drain Dump DumpCatalog DumpEngine DumpEntry DumpFacts
          DumpFrame DumpRefusal DumpSequences DumpSession DumpTables DumpTally DumpTypes DumpViews Durable EmptyArchive
          Failure FinalName FirstLook FreeSpace GitEngine GitalyBackup InformationFile Integrity Journal LargestTables
          LatestBackup Leftovers ListedTar LockWatch LostComponents Manifest Members MissingProducts Monitor
          NewestCopies NoteWords Outcome OuterTar Owner Packing ParallelDump ParallelSource PendingRestore PgDump
          PgDumpSource PidFile PidHolder Place PoolerCheck PreviousArchive PreviousArchives PreviousBackup
          PreviousRepositories Printable PrivateManifests Problem Product ProductOptions ProgressDisplay ProgressFigures
          ProgressLine Pruning Publication RailsTime RegistryDatabase Removal RepositoryFilter RepositoryFirstLook
          RepositoryJob RepositoryList RepositoryParallel RepositoryQueues RepositorySpool RepositoryStore
          RepositoryTally RepositoryTools RepositoryWorkers Reserve ResultTable Retention Reuse ReuseOptions RowIndex
          RunLock RunSetup SavedRepository Scratch Seal Section ShellCommand SourceManifests SpaceProbe StagedExchange
          StillCopy Stream Summary Table TarBackup TarEnd TarFolder TarHeader TarIndex TarLoss TarLosses TarMember
          TarPruning TarSource TarVersion TimeZone Tree Units WorkDirectory
        ].freeze

        def initialize(instance:, options:, reporter:)
          @instance = instance
          @options = options
          @reporter = reporter
        end

        # Takes the backup. Returns the exit status; what failed has been reported. Blocks
        # for as long as it takes; a signal (see Signals.listen) ends it.
        def call
          RunSetup.call(NEEDED)
          prepare
          RunLock.hold(instance: @instance, reporter: @reporter) { under_lock }
        rescue Error => e
          failed(Failure.message(e))
        rescue SystemCallError, IOError => e
          failed(Failure.text(e))
        rescue SignalException => e
          interrupted(e.signo)
        end

        private

        def prepare
          @options.check
          @options.jobs = Descriptors.limited(@options.jobs, @reporter)
          @keep_time = @instance.keep_time
          @version = @instance.version
          @base = BackupPath.prepare(@instance.backup_path)
          @wanted = Component.all(@instance).select { |component| @options.selection.include?(component) }
          FirstLook.call(@wanted, instance: @instance, base: @base, reporter: @reporter)
        end

        def under_lock
          Leftovers.new(@base, @reporter).clear
          PendingRestore.tell(@base, @reporter)
          plan = BackupPlan.new(options: @options, base: @base, version: @version)
          check_room
          reuse = @options.reuse || ReuseOptions.new
          status = PreviousArchives.open(reuse, base: @base, components: @wanted, reporter: @reporter) do |archives|
            back_up(plan, archives: archives, dedup: reuse.dedup)
          end
          prune if status.zero? && @keep_time.positive?
          status
        end

        def check_room
          passed = BooleanWords.true?(@instance.variables[FreeSpace::SKIP])
          BackupSpace.new(@base, @wanted.reject(&:skip_reason).map(&:id)).check(@reporter, passed: passed)
        end

        def back_up(plan, **job)
          @attempt = BackupAttempt.new(plan: plan, instance: @instance, reporter: @reporter, **job)
          WorkDirectory.open(@base, backup_id: plan.id) { |work| in_work_directory(work) }
        end

        def in_work_directory(work)
          @directory = work.path
          @attempt.call(work)
        end

        # What could not be deleted was reported; the backup is good all the same.
        def prune
          Pruning.new(catalog: Catalog.new(@base), reporter: @reporter).call(keep_time: @keep_time)
        end

        def failed(message)
          nothing_kept = @directory && !directory && !@attempt.published
          @reporter.failed(nothing_kept ? "#{message} (nothing kept)" : message, directory: directory)
          1
        end

        # nil once it has become a backup or was removed: nobody can look there any more.
        def directory
          @directory if @directory && Dir.exist?(@directory)
        end

        def interrupted(number)
          published = @attempt&.published
          ending = published ? "after #{published} was published" : "nothing was kept"
          @reporter.failed("interrupted by SIG#{Signal.signame(number)}, #{ending}", directory: directory)
          128 + number
        end
      end
    end
  end
end
