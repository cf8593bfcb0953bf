# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The repositories to back up or to restore, one spool for each tool that does it.
      class RepositoryQueues
        # In which tools run.
        ORDER = %i[gitaly git].freeze

        # instance: Instance; directory: where spools may lie; tools: {storage name => :gitaly or :git};
        # filter: RepositoryFilter
        def initialize(instance, directory:, tools:, filter: RepositoryFilter.new)
          @instance = instance
          @filter = filter
          @tools = tools
          @queues = (ORDER & tools.values).to_h { |tool| [tool, RepositorySpool.new(directory)] }
        end

        # Lists them all, and tells the tally of which of them there is no tool. Raises Error.
        #
        # All are listed before the first is worked on: it takes seconds, and holds a snapshot meanwhile.
        def fill(tally)
          DatabaseConnection.open(@instance.databases.first, account: @instance.account) do |connection|
            RepositoryList.new(connection, filter: @filter).each { |repository| sort(repository, tally) }
          end
          check_names if @filter.none?
        end

        # Integer: how many there are
        def size
          @queues.each_value.sum(&:size)
        end

        # RepositorySpool of the tool (:gitaly, :git), nil if no storage is its.
        def [](tool)
          @queues[tool]
        end

        # Yields each tool that has something to do, and its RepositorySpool.
        def each(&block)
          @queues.reject { |_tool, queue| queue.empty? }.each(&block)
        end

        def close
          @queues.each_value(&:close)
        end

        private

        def sort(repository, tally)
          reason = refusal(repository)
          return tally.failed(repository.label, reason) if reason

          @queues.fetch(@tools[repository.storage_name]).push(repository)
        end

        def refusal(repository)
          return "its path in the database leads out of the storage" unless repository.beneath_storage?

          "storage not found: \"#{repository.storage_name}\"" unless @tools.key?(repository.storage_name)
        end

        # A name misspelt must not leave the storage that was meant to gitlab.yml's path.
        def check_names
          used = @queues.values.flat_map { |queue| queue.counts.keys }
          name = (@instance.unconfigured_storages - used).first or return
          known = (@instance.storages.keys - @instance.unconfigured_storages) | used
          raise Error, "storage '#{Printable.name(name)}' of --storage-path is neither in gitlab.yml nor in the " \
                       "database; there are: #{known.join(", ")}"
        end
      end
    end
  end
end
