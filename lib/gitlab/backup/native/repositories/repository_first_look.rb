# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Whether the repositories can be backed up, as far as that is told before any work: is there a tool for each
      # storage, and the folder of each that git is to read?
      class RepositoryFirstLook
        # instance: Instance; options: the Rake tasks', or nil.
        def initialize(instance, options)
          @instance = instance
          @options = options
          @tools = RepositoryTools.new(instance)
          @filter = RepositoryFilter.of(options)
        end

        # Raises Error without a tool. Returns what is wrong with storages, as Strings: one that is not mounted tonight
        # must not cost the dumps, too. Asks the database only about a storage without a folder: it may be in no use.
        def call
          @tools.by_storage
          if @options&.repositories_server_side
            @tools.require_gitaly
            return []
          end

          local = @tools.storages(:git).select { |storage| @filter.storage?(storage.name) }
          @tools.git if local.any?
          local.filter_map { |storage| flaw(storage) }
        end

        private

        def flaw(storage)
          GitEngine::StorageFolders.new(@instance.storages).check_folder(storage.name)
          nil
        rescue Error => e
          e.message if used?(storage)
        end

        # What the database has to say itself comes when it is its turn.
        def used?(storage)
          DatabaseConnection.open(@instance.databases.first, account: @instance.account) do |connection|
            RepositoryList.new(connection, filter: @filter).each.any? { |job| job.storage_name == storage.name }
          end
        rescue DatabaseError
          false
        end
      end
    end
  end
end
