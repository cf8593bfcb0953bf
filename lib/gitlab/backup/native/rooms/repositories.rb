# frozen_string_literal: true

module Gitlab
  module Backup
    # repositories: GitLab's Git repositories, by gitaly-backup or by git
    module Native
      autoload :CarriedRepositories, "#{File.dirname(__dir__)}/repositories/carried_repositories"
      autoload :GitEngine, "#{File.dirname(__dir__)}/repositories/git_engine"
      autoload :GitRestore, "#{File.dirname(__dir__)}/repositories/git_restore"
      autoload :GitalyBackup, "#{File.dirname(__dir__)}/repositories/gitaly_backup"
      autoload :GitalyRestore, "#{File.dirname(__dir__)}/repositories/gitaly_restore"
      autoload :Pack, "#{File.dirname(__dir__)}/repositories/pack"
      autoload :PreviousRepositories, "#{File.dirname(__dir__)}/repositories/previous_repositories"
      autoload :RepositoriesVerification, "#{File.dirname(__dir__)}/repositories/repositories_verification"
      autoload :RepositoryFilter, "#{File.dirname(__dir__)}/repositories/repository_filter"
      autoload :RepositoryFirstLook, "#{File.dirname(__dir__)}/repositories/repository_first_look"
      autoload :RepositoryJob, "#{File.dirname(__dir__)}/repositories/repository_job"
      autoload :RepositoryList, "#{File.dirname(__dir__)}/repositories/repository_list"
      autoload :RepositoryParallel, "#{File.dirname(__dir__)}/repositories/repository_parallel"
      autoload :RepositoryQueues, "#{File.dirname(__dir__)}/repositories/repository_queues"
      autoload :RepositorySpool, "#{File.dirname(__dir__)}/repositories/repository_spool"
      autoload :RepositoryStore, "#{File.dirname(__dir__)}/repositories/repository_store"
      autoload :RepositoryTally, "#{File.dirname(__dir__)}/repositories/repository_tally"
      autoload :RepositoryTools, "#{File.dirname(__dir__)}/repositories/repository_tools"
      autoload :RepositoryWorkers, "#{File.dirname(__dir__)}/repositories/repository_workers"
      autoload :SavedRepository, "#{File.dirname(__dir__)}/repositories/saved_repository"
      autoload :SpaceProbe, "#{File.dirname(__dir__)}/repositories/space_probe"
      autoload :VerifyFolder, "#{File.dirname(__dir__)}/repositories/verify_folder"
    end
  end
end
