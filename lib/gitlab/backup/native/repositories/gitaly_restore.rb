# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Has GitLab's own `gitaly-backup restore` restore repositories, as GitLab does; other
      # repositories of the storages are removed.
      class GitalyRestore
        # path: absolute path of the program; storages: [Storage] all of the instance that
        # have an address; targets: [Storage] those that are to hold nothing else afterwards;
        # store: RepositoryStore, nil for what Gitaly has saved to its own object storage; id: of
        # the run to restore, nil for the latest; account: Account or nil; parallel:
        # RepositoryParallel; tally: RepositoryTally.
        def initialize(path:, storages:, targets:, store:, id:, account:, parallel:, tally:)
          @path = path
          @storages = storages
          @targets = targets
          @store = store
          @directory = store&.path
          @id = id
          @account = account
          @parallel = parallel
          @tally = tally
        end

        # Looks whether the program can be run and can read the backup. Raises Error.
        def check
          flags
          return if @directory.nil? || @account.nil? || @account.as_effective { readable? }

          raise Error.new("gitaly-backup runs as #{@account.name}, which cannot read #{@directory}: give it access " \
                          "to the folder backup.path and to the backup", path: @directory)
        end

        # Restores the jobs of the RepositorySpool. Blocks till the program has ended; it does
        # not outlive us. Repositories that failed are told to the tally. Raises Error when
        # the configuration is wrong or the program failed as a whole.
        def run(spool)
          log = GitalyBackup::Log.new(@tally, self, command: "restore")
          GitalyBackup::Program.new(@path, storages: @storages, account: @account, tally: @tally)
                               .run(["restore", *flags], spool, log)
        end

        # True if there was no such repository when the backup was made: gitaly-backup completes
        # it like others. job: RepositoryJob
        def include?(job)
          !@store.nil? && job.beneath_storage? && @store.find(job.storage_name, job.relative_path)&.non_existent
        rescue Error
          false
        end

        private

        # What is in there is its owner's alone.
        def readable?
          Dir.children(@directory).all? { |name| File.readable?(File.join(@directory, name)) }
        rescue SystemCallError
          false
        end

        def flags
          raise unusable_path if @directory && GitalyBackup::NOT_IN_URLS.match?(@directory)

          GitalyBackup::Flags.probe(@path, account: @account, command: "restore")
                             .restore_list(directory: @directory, layout: layout, id: @id, parallel: @parallel,
                                           storages: @targets.map(&:name))
        end

        # Without manifests, those that still know pointers must be told to look for them.
        def layout
          @store.nil? || @store.manifests? ? "manifest" : "pointer"
        end

        def unusable_path
          Error.new("gitaly-backup cannot read #{Printable.name(@directory)}, as it takes ?, # and % for parts of a " \
                    "URL: move the backup to a path without them", path: @directory)
        end
      end
    end
  end
end
