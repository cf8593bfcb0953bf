# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # gitlab:backup:repo:reset_pool_repositories: GitLab's models know the pools, so this is a
      # call of GitLab's own task. It takes no lock.
      class PoolsTask
        # Set for the task that is called, which could be this one again.
        VARIABLE = "GITLAB_BACKUP_NATIVE_RAKE"

        # context: TaskContext
        def initialize(context)
          @context = context
        end

        # Returns the exit status of GitLab's task, whose lines are left as they are. Raises Error.
        def call
          rake = GitlabRake.find(@context.instance) unless ENV.key?(VARIABLE)
          raise Error, "#{RepositoryPools::TASK} needs GitLab's own code: #{RepositoryPools::BY_HAND}" unless rake

          $stdout.flush
          rake.call(RepositoryPools::TASK, VARIABLE => "1")
        end
      end
    end
  end
end
