# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What is said of databases whose dumps are not in the backup, and of a dump whose database is nowhere.
      class MissingDumps
        # job: RestoreJob
        def initialize(job)
          @job = job
        end

        # absent: [DatabaseRestore] without a dump. Raises Error when the main database is one of them.
        def tell(absent)
          tell_of_registry
          absent.each do |part|
            raise Error, part.dump.missing if part.database.name == "main"

            @job.monitor.warn(part.dump.missing)
          end
        end

        private

        # A dump nobody asks for would otherwise be passed over without a word.
        def tell_of_registry
          return if @job.instance.databases.any?(RegistryDatabase)
          return unless @job.source.product?(RegistryDatabase::PRODUCT)

          @job.monitor.warn("the backup has a dump of the registry's metadata database, which is not restored: the " \
                            "variables #{RegistryDatabase::PREFIX}NAME, _PASSWORD and so on say to which database")
        end
      end
    end
  end
end
