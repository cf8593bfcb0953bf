# frozen_string_literal: true

require "fileutils"

module Gitlab
  module Backup
    module Native
      module Components
        # The Git repositories of the instance: by GitLab's own gitaly-backup where it
        # is installed, else straight from disk. Both leave the same files.
        class Repositories
          # instance: Instance
          def initialize(instance)
            @instance = instance
          end

          def id
            "repositories"
          end

          def title
            "Repositories"
          end

          def products
            ["repositories"]
          end

          # Nothing is a reason to go without the repositories.
          def skip_reason
            nil
          end

          # Backs all repositories up below `job.directory`. Returns an Outcome whose
          # files are repositories and whose problems are those that could not be
          # backed up. Blocks on the database, then on each repository. Raises Error.
          def backup(job)
            tools = RepositoryTools.new(@instance)
            directory = prepare(job, tools)
            tally = RepositoryTally.new(job.monitor)
            run(job, directory, tools, tally)
            @previous&.carry(job)
            within_backup(tally.outcome)
          rescue Error, SystemCallError
            FileUtils.rm_rf(job.product_path(products.first)) # not finished, so not kept
            raise
          end

          private

          # The engine's paths are those in its folder.
          def within_backup(outcome)
            outcome.products = outcome.products.transform_keys { |path| File.join(products.first, path) }
            outcome
          end

          # The folder for the product, with what an earlier backup has; nil where Gitaly keeps it.
          def prepare(job, tools)
            @previous = PreviousRepositories.new(job.previous, backup_id: job.backup_id) if job.previous
            return tools.require_gitaly if job.options&.repositories_server_side

            shared = tools.by_storage.value?(:gitaly)
            directory = make_directory(job.product_path(products.first), shared: shared)
            @carried = @previous ? put_previous(job, directory, shared: shared) : 0
            directory
          end

          # gitaly-backup needs all of it on the disk.
          def put_previous(job, directory, shared:)
            @previous.call(directory, owner: (@instance.account if shared), carry: !shared && !job.container.nil?)
          end

          # gitaly-backup writes there as its account.
          def make_directory(path, shared:)
            Dir.mkdir(path, 0o700)
            account = @instance.account
            hand_over(path, account) if shared && account
            path
          rescue SystemCallError => e
            raise Failure.of("make", path, e)
          end

          def hand_over(path, account)
            File.chown(account.uid, account.gid, path)
            return if account.as_effective { File.writable?(path) }

            raise Error.new("gitaly-backup runs as #{account.name}, which cannot reach #{path}: give it access to " \
                            "the folder backup.path", path: path)
          end

          def run(job, directory, tools, tally)
            filter = RepositoryFilter.of(job.options)
            queues = RepositoryQueues.new(@instance, directory: job.directory, tools: tools.by_storage, filter: filter)
            queues.fill(tally)
            job.monitor.estimate_entries(queues.size)
            common = { directory: directory, backup_id: job.backup_id, account: @instance.account, tally: tally }
            queues.each do |tool, queue|
              tool == :gitaly ? run_gitaly(job, queue, tools, common) : run_git(job, queue, tools, common)
            end
          ensure
            queues&.close
          end

          def run_gitaly(job, queue, tools, common)
            storages = @instance.storages.values.select(&:gitaly_address)
            parallel = RepositoryParallel.of(job.options, workers: job.workers)
            GitalyBackup.new(path: tools.gitaly_backup, storages: storages, parallel: parallel,
                             incremental: !job.previous.nil?, **common).run(queue)
            directory = common.fetch(:directory)
            common.fetch(:tally).stored(Tree.new(directory).bytes - @carried) if directory
          end

          def run_git(job, queue, tools, common)
            workers = RepositoryParallel.of(job.options, workers: job.workers).workers(job.workers)
            GitEngine.new(storages: @instance.storages, git: tools.git, workers: workers, previous_id: job.previous&.id,
                          partial: RepositoryFilter.of(job.options).paths?, hash: job.container.nil?, # a tar hashes all
                          **common).run(queue)
          end
        end
      end
    end
  end
end
