# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What a restore says of one database, as gitlab-backup-cli says it. The reason for it: the Rake tasks' words are
      # others (DatabaseTaskLines), and both are looked for in logs.
      class DatabaseLines
        # Those for a RestoreJob.
        def self.of(database, job)
          (job.task ? DatabaseTaskLines : DatabaseLines).new(database)
        end

        def initialize(database)
          @database = database
        end

        def begun = "Restoring #{@database.name} database ... "
        def cleaning = "Cleaning the '#{name}' database ..."
        def cleaned = "[DONE]"
        def loading = "Restoring PostgreSQL database #{name} ..."

        # What to do instead of restoring from a bad dump, and what it takes to go without a way back.
        def skip = "--skip db"
        def no_dump = "--no-safety-dump"

        # path: of a dump that is not there.
        def missing(path)
          "Database backup file '#{path}' for the #{@database.name} database does not exist"
        end

        private

        def name
          Printable.name(@database.database)
        end
      end
    end
  end
end
