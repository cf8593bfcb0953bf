# frozen_string_literal: true

require "English"

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
          raise Error, "#{RepositoryPools::TASK} needs GitLab's own code: #{RepositoryPools::BY_HAND}" unless program

          $stdout.flush
          environment = ENV.keys.grep(DatabaseRake::FOREIGN).to_h { |name| [name, nil] }
          system(environment.merge(VARIABLE => "1"), program, RepositoryPools::TASK)
          $CHILD_STATUS.exitstatus || 1
        end

        private

        def program
          return if ENV.key?(VARIABLE)

          folders = [@context.instance.install_path && "#{@context.instance.install_path}/bin"].compact
          @program ||= Executables.all(DatabaseRake::PROGRAM, more: folders).first
        end
      end
    end
  end
end
