# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Which program is to save or restore the repositories of each storage: GitLab's own
      # gitaly-backup where it is installed, else git on what lies on this machine's disk.
      class RepositoryTools
        # GitLab's words, and what to do.
        NO_STORAGE = "No repositories' storages found. Set repositories.storages in gitlab.yml, or give " \
                     "--storage-path NAME=DIR"

        # The same of a Storage.
        def self.no_address(storage)
          "storage \"#{storage.name}\" is missing a gitaly_address: set it below repositories.storages in " \
            "gitlab.yml, or, where the repositories are on this machine's disk, give --storage-path #{storage.name}=DIR"
        end

        # instance: Instance
        def initialize(instance)
          @instance = instance
        end

        # {storage name => :gitaly or :git}. Raises Error when there is no way, or no storage.
        def by_storage
          @by_storage ||= @instance.storages.transform_values { |storage| tool(storage) }.tap do |tools|
            raise Error, NO_STORAGE if tools.empty?
          end
        end

        # [Storage] of those a tool is to work on.
        def storages(tool)
          by_storage.select { |_, name| name == tool }.keys.map { |name| @instance.storages.fetch(name) }
        end

        # Returns nil. Raises Error when there is a storage that is not gitaly-backup's.
        def require_gitaly
          storage = storages(:git).first or return
          raise Error, "REPOSITORIES_SERVER_SIDE has Gitaly save the repositories, but storage \"#{storage.name}\" " \
                       "is not reached by gitaly-backup: set its gitaly_address and backup.gitaly_backup_path in " \
                       "gitlab.yml, or go without REPOSITORIES_SERVER_SIDE"
        end

        # String: absolute path, nil when there is none
        def gitaly_backup
          @gitaly_backup ||= @instance.gitaly_backup_path
        end

        # String: absolute path. Raises Error when there is none.
        def git
          @git ||= GitEngine::Git.find(install: @instance.install_path)
        end

        private

        def tool(storage)
          return :gitaly if gitaly_backup && storage.gitaly_address
          return :git if storage.path

          raise Error, self.class.no_address(storage) if gitaly_backup

          raise Error, "gitaly-backup binary not found and gitaly_backup_path is not configured: set " \
                       "backup.gitaly_backup_path in gitlab.yml, or, where the repositories are on this " \
                       "machine's disk, give --storage-path #{storage.name}=DIR"
        end
      end
    end
  end
end
