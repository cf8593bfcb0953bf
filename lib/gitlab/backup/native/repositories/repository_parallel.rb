# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # How many repositories are worked on at a time: in all, and of one storage. nil leaves it
      # to gitaly-backup.
      RepositoryParallel = Struct.new(:total, :per_storage, keyword_init: true) do
        # options: of the Rake tasks, whose words are handed on as they are; without them
        # `workers` is the limit for both.
        def self.of(options, workers:)
          return new(total: workers, per_storage: workers) unless options

          new(total: options.gitlab_backup_max_concurrency, per_storage: options.gitlab_backup_max_storage_concurrency)
        end

        # For the built-in engine: what is said of all, else `workers`. What is said of one storage is
        # there to spare a Gitaly server.
        def workers(default)
          [total || default, 1].max
        end
      end
    end
  end
end
