# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Which way the databases are emptied and filled: with GitLab's own task where GitLab is,
      # and through libpq unless DB_LOADER=psql.
      class DatabaseTools
        LOADERS = [nil, "", "native", "psql"].freeze

        # job: RestoreJob
        def initialize(job)
          @job = job
          @instance = job.instance
        end

        # Raises Error for what would be missing later.
        def check
          choice = @instance.variables["DB_LOADER"]
          raise Error, "DB_LOADER=#{choice} is not known: use native or psql" unless LOADERS.include?(choice)

          psql if choice == "psql"
          DumpEngine.choice(@instance)
        end

        # Waits until nobody holds what is to be dropped. Raises DatabaseError when that takes too long.
        def wait_for_others(database)
          DatabaseCleaner.new(database, account: @instance.account).check
        end

        # Drops what is in that Database. Raises Error.
        def clean(database)
          return RegistryCleaner.new(database, account: @instance.account).call if database.is_a?(RegistryDatabase)

          rake = DatabaseRake.find(@instance)
          return rake.clean(database) if rake

          DatabaseCleaner.new(database, account: @instance.account).call
        end

        # Drops what #clean leaves, which is no loss when a dump of all there was is at hand. Raises DatabaseError.
        def clean_remains(database)
          DatabaseRemains.new(database, account: @instance.account).call
        end

        # DatabaseEmptying, nil where the loader does not know what it loads: psql
        def emptying(database)
          DatabaseEmptying.new(database, account: @instance.account) unless psql?
        end

        # A DatabaseLoader, or a DatabasePsql.
        def loader(database)
          return native(database) unless psql?

          DatabasePsql.new(database, account: @instance.account, path: psql)
        end

        private

        def native(database)
          DatabaseLoader.new(database, account: @instance.account, jobs: @job.workers, monitor: @job.monitor,
                                       analyze: @job.options&.analyze != false,
                                       unordered: @job.options&.unordered_load)
        end

        def psql?
          @instance.variables["DB_LOADER"] == "psql"
        end

        def psql
          @psql ||= DatabasePsql.find(@instance)
        end
      end
    end
  end
end
