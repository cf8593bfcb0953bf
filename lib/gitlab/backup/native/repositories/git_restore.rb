# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Restores bare repositories on local disk with plain git, from whatever layout the
      # backup has, several at a time.
      #
      # Each is made beside the old one, its objects indexed, its refs set from the last list
      # of refs alone (the bundles of increments have only what was new), its history
      # walked; only then the two change places. Objects a pool once lent come with it.
      class GitRestore
        autoload :Bundle, "#{__dir__}/git_restore/bundle"
        autoload :Exchange, "#{__dir__}/git_restore/exchange"
        autoload :Exchanges, "#{__dir__}/git_restore/exchanges"
        autoload :Folders, "#{__dir__}/git_restore/folders"
        autoload :Hooks, "#{__dir__}/git_restore/hooks"
        autoload :MissingObjects, "#{__dir__}/git_restore/missing_objects"
        autoload :Rebuild, "#{__dir__}/git_restore/rebuild"
        autoload :RefComparison, "#{__dir__}/git_restore/ref_comparison"
        autoload :RefList, "#{__dir__}/git_restore/ref_list"
        autoload :RepositoryPath, "#{__dir__}/git_restore/repository_path"
        autoload :Strays, "#{__dir__}/git_restore/strays"

        EMPTY = SavedRepository.new(object_format: "sha1", empty: true, steps: []).freeze

        # storages: [Storage] with a folder; store: RepositoryStore; exchanges: Exchanges; git:
        # absolute path of git; account: Account or nil; workers: repositories at a time;
        # tally: RepositoryTally; monitor: Monitor.
        def initialize(storages:, store:, exchanges:, git:, account:, workers:, tally:, monitor:)
          @storages = storages.to_h { |storage| [storage.name, storage] }
          @store = store
          @exchanges = exchanges
          @gits = @storages.transform_values { |storage| GitEngine::Git.new(git, account: account, umask: umask(storage)) }
          @workers = workers
          @tally = tally
          @monitor = monitor
        end

        # Restores the jobs of the RepositorySpool. Blocks till all are done. One that cannot be
        # restored is told to the tally, and is what it was before; raises Error when the run
        # cannot go on (disk full). No child outlives it.
        def run(spool)
          RepositoryWorkers.each(spool, @workers) { |job| attempt(job) }
        end

        # Moves aside what the storages hold besides the repositories restored. Only for when
        # all of them were. Raises Error.
        def remove_strays
          @storages.each_value do |storage|
            count = Strays.new(storage.path).each.count { |relative_path| remove(storage, relative_path) }
            next if count.zero?

            @monitor.info("storage #{storage.name}: #{count} repositories that are not in the database were removed")
          end
        rescue SystemCallError => e
          raise Error, "cannot look for repositories that are not in the database: #{Failure.text(e)}"
        end

        private

        # What is made there is as private as the storage's folder.
        def umask(storage)
          0o777 & ~File.stat(storage.path).mode
        rescue SystemCallError => e
          raise Failure.of("look at the folder of storage #{storage.name}", storage.path, e)
        end

        def attempt(job)
          place(job)
          saved = @store.find(job.storage_name, job.relative_path)
          saved ? restore(job, saved) : make_do(job)
        rescue Error => e
          raise unless e.status == :repository

          @tally.failed(job.label, e.message)
        rescue *GitEngine::SINGLE => e
          @tally.failed(job.label, Failure.text(e))
        rescue SystemCallError => e
          raise Failure.of("restore", job.label, e)
        end

        def restore(job, saved)
          return vacate(job) if saved.non_existent

          result = exchange(job, saved)
          @tally.kept(bytes: result.bytes)
          result.missing.each do |name, id|
            @tally.flawed(job.label, "#{Printable.name(name)} was left out: object #{id} is not in the backup")
          end
          warn(job, saved, result)
        end

        def warn(job, saved, result)
          if result.guessed
            @monitor.warn("#{job.label}: no branch is where HEAD was, it is #{Rebuild::DEFAULT_BRANCH} now")
          end
          run = @store.run_id
          return if run.nil? || saved.id.nil? || saved.id == run

          @monitor.warn("#{job.label}: run #{run} of the backup has nothing of it, it is as in run #{saved.id}")
        end

        # From 17.6 on what has no manifest was lost; before, there was nothing to save, and
        # GitLab relies on a project's repository being there.
        def make_do(job)
          raise Error.new("the backup has nothing of it", status: :repository) if @store.complete?
          return vacate(job) unless job.always_create

          exchange(job, EMPTY)
          @monitor.warn("#{job.label}: the backup has nothing of it, it is empty now")
          @tally.kept
        end

        def exchange(job, saved)
          exchange, relative = place(job)
          workplace = exchange.workplace
          rebuild = Rebuild.new(@gits.fetch(job.storage_name), workplace)
          rebuild.call(saved).tap { exchange.put(relative, rebuild.path) }
        rescue Error
          SpaceProbe.check(workplace) if workplace # then nothing more can be restored
          raise
        ensure
          exchange.remove(workplace) if workplace
        end

        def vacate(job)
          exchange, relative = place(job)
          exchange.take(relative)
          @tally.absent
        end

        def remove(storage, relative_path)
          exchange, relative = @exchanges.for(storage.path, relative_path)
          exchange.take(relative) unless exchange.done?(relative)
        end

        # Where it is exchanged; it is there, if there was one.
        def place(job)
          @exchanges.for(@storages.fetch(job.storage_name).path, job.relative_path)
                    .tap { |exchange, relative| exchange.recover(relative) }
        end
      end
    end
  end
end
