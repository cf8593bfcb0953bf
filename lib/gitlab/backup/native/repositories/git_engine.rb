# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Backs up bare repositories on local disk with plain git, in gitaly-backup's
      # manifest layout, several at a time: a process of git for each worker, while
      # as many threads again get the next repositories ready and finish the last ones.
      #
      # Per repository one process of git, which packs what the refs reach straight
      # into the bundle, behind a header of ours; what is not plain about a repository
      # git is asked first. `git bundle create` is no use: it leaves a ref out,
      # silently, when a push moves it meanwhile, and when another ref makes its name
      # ambiguous (a branch `refs/heads/main`).
      class GitEngine
        autoload :Base, "#{__dir__}/git_engine/bases"
        autoload :Bases, "#{__dir__}/git_engine/bases"
        autoload :BundlePlan, "#{__dir__}/git_engine/bundle_plan"
        autoload :Git, "#{__dir__}/git_engine/git"
        autoload :Layout, "#{__dir__}/git_engine/layout"
        autoload :Manifest, "#{__dir__}/git_engine/manifest"
        autoload :Packs, "#{__dir__}/git_engine/packs"
        autoload :RefFiles, "#{__dir__}/git_engine/ref_files"
        autoload :Repository, "#{__dir__}/git_engine/repository"
        autoload :RepositoryBackup, "#{__dir__}/git_engine/repository_backup"
        autoload :StorageFolders, "#{__dir__}/git_engine/storage_folders"
        autoload :Tips, "#{__dir__}/git_engine/tips"

        # A repository's misfortunes; everything else that a system call reports ends the run.
        SINGLE = [Errno::EACCES, Errno::EISDIR, Errno::ELOOP, Errno::ENAMETOOLONG, Errno::ENOENT,
                  Errno::ENOTDIR, Errno::EPERM].freeze

        # storages: {name => Storage} with a path; directory: `repositories` of the
        # backup (exists); git: absolute path of git; account: Account or nil;
        # workers: processes of git at a time; tally: RepositoryTally; partial: true if only some
        # of the storages' repositories are asked for; previous_id: of the backup whose files lie in
        # the directory, for an increment on top of it, nil for a full backup; hash: whether to tell
        # the tally the bundles' SHA-256.
        def initialize(storages:, directory:, backup_id:, git:, account:, workers:, tally:, partial: false,
                       previous_id: nil, hash: true)
          @folders = StorageFolders.new(storages)
          @layout = Layout.new(directory, backup_id)
          @bases = Bases.new(directory, previous_id)
          @git = Git.new(git, account: account, at_once: workers)
          @packs = Packs.new
          @workers = workers
          @hash = hash
          @partial = partial
          @tally = tally
        end

        # Backs up the jobs of the RepositorySpool. Blocks till all are done. A broken
        # repository is told to the tally and leaves no files, one that is not there only
        # manifests saying so; raises Error when the run cannot go on (a storage that is
        # not there, or empty; disk full). No child outlives it.
        def run(spool)
          @folders.check(spool, partial: @partial)
          RepositoryWorkers.each(spool, 2 * @workers, with: method(:with_backup)) { |job, backup| attempt(backup, job) }
          @layout.mark_run if @tally.outcome.files.positive?
        end

        private

        # A thread's own, for all of its jobs.
        def with_backup
          backup = RepositoryBackup.new(layout: @layout, git: @git, packs: @packs, bases: @bases, hash: @hash)
          yield backup
        ensure
          backup&.close
        end

        def attempt(backup, job)
          result = backup.call(job, @folders.path(job))
          result.exist ? @tally.kept(bytes: result.bytes, sums: result.sums) : note_absence(job, result.bytes)
        rescue Error => e
          raise unless e.status == :repository

          give_up(job, e.message)
        rescue Errno::EEXIST # what lies there is not ours to remove
          @tally.failed(job.label, "the database names it twice")
        rescue *SINGLE => e
          give_up(job, Failure.text(e))
        rescue SystemCallError => e
          raise Failure.of("back up", job.label, e)
        end

        def give_up(job, reason)
          SpaceProbe.check(@layout.root)
          @layout.discard(job)
          @tally.failed(job.label, reason)
        end

        # Only a project has its repository from the beginning.
        def note_absence(job, bytes)
          @tally.absent(bytes: bytes)
          @tally.lost(job.label) if job.always_create
        end
      end
    end
  end
end
