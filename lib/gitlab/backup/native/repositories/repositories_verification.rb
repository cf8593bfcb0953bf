# frozen_string_literal: true

require "tmpdir"

module Gitlab
  module Backup
    module Native
      # Tells whether the repositories of a backup could be restored, by restoring each into a
      # scratch folder: its steps in order, the refs compared with the last list of them, the
      # history walked. `git bundle verify` would not even read the packs.
      class RepositoriesVerification
        PRODUCT = "repositories"
        # Damages kept by name; the rest is only counted.
        LISTED = 1000

        # One repository's damage. storage: String or nil (the old layouts do not tell); path: of
        # the repository, below its storage; file: the file at fault, relative to the backup, or
        # nil; reason: one line.
        Damage = Struct.new(:storage, :path, :file, :reason, keyword_init: true)
        # repositories: sound ones; absent: those that did not exist when the backup was made;
        # bytes: of the bundles read; damages: the first 1,000; damage_count: of how many; missed: how many could not
        # be looked at, through no fault of theirs; obstacle: the Error of the first of those, or nil.
        Result = Struct.new(:repositories, :absent, :bytes, :damages, :damage_count, :missed, :obstacle,
                            keyword_init: true)

        # Result so far, nil before there is any.
        attr_reader :result

        # source: BackupSource; workers: repositories at a time; monitor: Monitor; account:
        # Account git runs as, or nil; git: absolute path of git, nil for PATH's; scratch: folder
        # with room for the largest repositories, as many as there are workers.
        def initialize(source, workers:, monitor:, account: nil, git: nil, scratch: Dir.tmpdir)
          @root = File.dirname(source.product_path(PRODUCT))
          @store = RepositoryStore.new(source.product_path(PRODUCT), backup_id: source.id)
          @workers = workers
          @monitor = monitor
          @account = account
          @program = git
          @scratch = scratch
        end

        # Returns the Result. Blocks till all were looked at; no child and no file outlives it.
        # Raises Error when nothing can be told: no git, no room, no folder.
        def call
          raise Error.new("the backup has no repositories", path: @store.path) unless File.directory?(@store.path)

          @result = Result.new(repositories: 0, absent: 0, bytes: 0, damages: [], damage_count: 0, missed: 0)
          @lock = Mutex.new
          program = @program || GitEngine::Git.find(install: Instance::Discovery::INSTALL)
          @git = GitEngine::Git.new(program, account: @account)
          VerifyFolder.open(@scratch, account: @account) { |folder| verify_all(folder) }
          @result
        rescue SystemCallError => e
          raise Obstacle.elsewhere(Failure.of("verify repositories in", @scratch, e))
        end

        private

        def verify_all(folder)
          own(folder)
          spool = RepositorySpool.new(folder)
          list(spool)
          @monitor.estimate_entries(spool.size)
          RepositoryWorkers.each(spool, @workers) { |job| verify(job, folder) }
        ensure
          spool&.close
        end

        def list(spool)
          @store.each do |storage, path|
            spool.push(RepositoryJob.new(storage_name: storage, relative_path: path))
          end
        end

        def verify(job, folder)
          @store.check_manifests(job.storage_name, job.relative_path)
          saved = @store.find(job.storage_name, job.relative_path)
          return count(absent: 1) if saved.non_existent

          within(folder) { |place| rebuild(saved, place) }
          count(repositories: 1, bytes: saved.bytes)
        rescue Error => e
          missed(job, e) || (raise unless e.status == :repository) ||
            damaged(job, file: e.path || saved&.description, reason: e.message)
        rescue *GitEngine::SINGLE => e
          missed(job, e) || damaged(job, file: saved&.description, reason: Failure.text(e))
        end

        def rebuild(saved, place)
          rebuild = GitRestore::Rebuild.new(@git, place)
          result = rebuild.call(saved)
          name, id = result.missing.first
          words = "#{Printable.name(name)}: its object #{id} is not in the backup" if name
          words ||= GitRestore::RefComparison.new(@git, rebuild.path).difference(result.refs)
          raise Error.new(words, status: :repository, path: saved.steps.last&.refs) if words
        rescue Error
          check_space(place)
          raise
        end

        def within(folder)
          place = File.join(folder, Thread.current.object_id.to_s)
          Dir.mkdir(place, 0o700)
          own(place)
          yield place
        ensure
          FileUtils.remove_entry(place) if File.exist?(place)
        end

        def own(path)
          File.chown(@account.uid, @account.gid, path) if @account
        end

        def check_space(place)
          SpaceProbe.check(place)
        rescue Error => e
          raise Obstacle.elsewhere(e)
        end

        def damaged(job, file:, reason:)
          damage = Damage.new(storage: job.storage_name, path: job.relative_path, file: file && relative(file),
                              reason: Printable.line(reason))
          count(damage_count: 1) { @result.damages << damage if @result.damages.size < LISTED }
        end

        # Returns true if it is; false for what the backup is to blame for.
        def missed(job, error)
          error = Obstacle.behind(error) or return false
          label = [job.storage_name, job.relative_path].compact.join("/")
          count(missed: 1) { @result.obstacle ||= Error.new("#{label}: #{error.message}", errno: error.errno) }
          true
        end

        # What lies in the store has its path from there.
        def relative(file)
          file.start_with?("/") ? file.delete_prefix("#{@root}/") : File.join(PRODUCT, file)
        end

        def count(**numbers)
          @lock.synchronize do
            numbers.each { |name, number| @result[name] += number }
            yield if block_given?
            @monitor.advance(raw: @result.bytes, stored: @result.bytes,
                             entries: @result.repositories + @result.absent + @result.damage_count + @result.missed)
          end
        end
      end
    end
  end
end
