# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Which repositories a restore is about, and with which programs.
      class RepositoryScope
        # RepositoryTools
        attr_reader :tools

        # instance: Instance; task: what the Rake tasks' variables say, or nil.
        def initialize(instance, task)
          @instance = instance
          @tools = RepositoryTools.new(instance)
          @task = task
          @filter = RepositoryFilter.of(task)
        end

        # True if Gitaly itself has saved them, to its own object storage.
        def server_side?
          @task&.repositories_server_side || false
        end

        # True if they are chosen by path, so that others stay beside them.
        def by_path?
          @filter.paths?
        end

        # [Storage] with repositories that tool is to restore. Raises Error.
        def storages(tool)
          @tools.storages(tool).select { |storage| storage?(storage.name) }
        end

        # True if repositories of the storage of that name are restored.
        def storage?(name)
          @filter.storage?(name)
        end

        # [Storage] of them that are to hold nothing else afterwards.
        def cleared(tool)
          by_path? ? [] : storages(tool)
        end

        # RepositoryQueues, whose spools lie in `directory`.
        def queues(directory)
          RepositoryQueues.new(@instance, directory: directory, tools: @tools.by_storage, filter: @filter)
        end

        # RepositoryParallel; workers: a count
        def parallel(workers)
          RepositoryParallel.of(@task, workers: workers)
        end

        # Line for people: what that tool will replace, nil for nothing. `words` have %<names>s.
        def line(tool, words)
          names = storages(tool).map { |storage| tool == :git ? "#{storage.name} (#{storage.path})" : storage.name }
          return if names.empty?

          "#{by_path? ? "those chosen by path" : "all"} of storage #{format(words, names: names.join(", "))}"
        end
      end
    end
  end
end
