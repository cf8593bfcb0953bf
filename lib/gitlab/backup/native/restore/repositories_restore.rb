# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Restores the repositories the restored database names, by gitaly-backup where it
      # saved them or would, else on this machine's disk. The latter keeps what stood there
      # until all is settled; with gitaly-backup it is gone at once.
      class RepositoriesRestore
        # component: Components::Repositories; job: RestoreJob.
        def initialize(component, job)
          @component = component
          @job = job
          @instance = job.instance
          @exchanges = GitRestore::Exchanges.new(component.id, job.journal)
        end

        # Looks at the backup, the programs and the storages. Raises Error for what would fail later.
        def check
          scope.server_side? ? scope.tools.require_gitaly : check_store
          gitaly(nil).check if scope.storages(:gitaly).any?
        end

        # {directory => bytes} of the storages on disk. Those of gitaly-backup may be anywhere, and
        # which repositories are chosen by path only the restored database knows.
        def needs
          @needs ||= scope.by_path? || scope.server_side? ? {} : checks.needs(scope.storages(:git))
        end

        # Lines for people: what will be replaced, and whether it can come back.
        def replaces
          [line(:git, "%<names>s; what is there now is kept until all is restored"),
           line(:gitaly, "%<names>s, by gitaly-backup: what is there now CANNOT be given back")].compact
        end

        # Replaces the repositories. Returns an Outcome. Raises Error, or what interrupts it; the
        # old ones are back then, where that is possible.
        def call
          tally = RepositoryTally.new(@job.monitor)
          run(tally)
          RepositoryPools.new(@instance, @job.monitor).reset
          tally.outcome
        rescue StandardError, SignalException => e
          give_back_after(e)
          raise
        end

        # Deletes the old repositories. Raises Error.
        def settle
          @exchanges.settle
        end

        # Puts the old repositories back. Raises Error, may be called again. Those gitaly-backup has
        # replaced are lost: a warning says so.
        def give_back
          @exchanges.give_back
          names = @job.journal[@component.id].fetch("gitaly", [])
          return if names.empty?

          @job.monitor.warn("the repositories of storage #{names.join(", ")} were restored by gitaly-backup: those " \
                            "that were there before cannot be given back")
        end

        private

        def product = @component.products.first
        def directory = @job.source.product_path(product)

        def scope
          @scope ||= RepositoryScope.new(@instance, @job.task)
        end

        def check_store
          raise Error.new("the backup has no #{product}", path: directory) unless File.directory?(directory)

          checks.storages(scope.storages(:git))
          scope.tools.git if scope.storages(:git).any?
          checks.manifests
        end

        def store
          @store ||= RepositoryStore.new(directory, backup_id: @job.source.id)
        end

        def checks
          RepositoryChecks.new(@instance, store, monitor: @job.monitor)
        end

        def line(tool, words)
          line = scope.line(tool, words)
          "#{@component.title}: #{line}" if line
        end

        def run(tally)
          queues = scope.queues(@job.before)
          queues.fill(tally)
          @job.monitor.estimate_entries(queues.size)
          check_list(queues)
          run_gitaly(queues[:gitaly], tally) if queues[:gitaly]
          run_git(queues[:git], tally) if queues[:git]
        ensure
          queues&.close
        end

        # Every repository would be removed.
        def check_list(queues)
          return if queues.size.positive? || scope.by_path? || scope.server_side?
          return if store.each.none? { |name, _| name.nil? || scope.storage?(name) }

          raise Error, "the database names no repositories, the backup has some: restore the database first"
        end

        def run_gitaly(queue, tally)
          @job.journal.record(@component.id, gitaly: scope.storages(:gitaly).map(&:name))
          gitaly(tally).run(queue)
        end

        def run_git(queue, tally)
          engine = GitRestore.new(storages: scope.storages(:git), store: store, exchanges: @exchanges,
                                  git: scope.tools.git, account: @instance.account,
                                  workers: parallel.workers(@job.workers), tally: tally, monitor: @job.monitor)
          engine.run(queue)
          engine.remove_strays if scope.cleared(:git).any? && tally.outcome.problem_count.zero?
        end

        def gitaly(tally)
          server_side = scope.server_side?
          GitalyRestore.new(path: scope.tools.gitaly_backup, targets: scope.cleared(:gitaly),
                            storages: @instance.storages.values.select(&:gitaly_address),
                            store: (store unless server_side), id: server_side ? @job.source.id : store.run_id,
                            account: @instance.account, parallel: parallel, tally: tally)
        end

        def parallel
          scope.parallel(@job.workers)
        end

        def give_back_after(error)
          @exchanges.give_back if @exchanges.any?
        rescue Error => e
          @job.monitor.warn("#{error.message}; and then: #{e.message}")
        end
      end
    end
  end
end
