# frozen_string_literal: true

require "rake"
require "rake/tasklib"
require_relative "../native"

module Gitlab
  module Backup
    module Native
      # GitLab's backup tasks, for any Rakefile: `require "gitlab/backup/native/tasks"`. They need
      # no Rails, and take the place of tasks of these names that were defined before.
      class Tasks < ::Rake::TaskLib
        # Loads Rails where GitLab's own Rakefile defines it.
        ENVIRONMENT = "gitlab_environment"
        DESCRIPTIONS = {
          "create" => "GitLab | Backup | Create a backup of the GitLab system",
          "restore" => "GitLab | Backup | Restore a previously created backup",
          "verify" => "GitLab | Backup | Verify a previously created backup"
        }.freeze

        def initialize
          super
          define
        end

        private

        def define
          whole("create") { |context| CreateRun.new(context) }
          whole("restore") { |context| TaskRestoreRun.new(context) }
          whole("verify") { |context| TaskVerifyRun.new(context) }
          TaskNames::TASKS.each do |name, id|
            part("#{name}:create") { |context| ComponentCreate.new(context, id) }
            part("#{name}:restore") { |context| ComponentRestore.new(context, id) }
          end
          pools
        end

        # GitLab's own can do more: it has the models.
        def pools
          name = "repo:reset_pool_repositories"
          part(name) { |context| PoolsTask.new(context) } unless ::Rake::Task.task_defined?("gitlab:backup:#{name}")
        end

        def whole(name, &maker)
          desc(DESCRIPTIONS.fetch(name))
          part(name, &maker)
        end

        # The block makes of a TaskContext what is to be called.
        def part(name)
          full = "gitlab:backup:#{name}"
          ::Rake::Task[full].clear if ::Rake::Task.task_defined?(full)
          task(full => prerequisites) { TaskRun.call { |context| yield(context).call } }
        end

        def prerequisites
          [ENVIRONMENT].select { |name| ::Rake::Task.task_defined?(name) }
        end
      end
    end
  end
end

Gitlab::Backup::Native::Tasks.new
