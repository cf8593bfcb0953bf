# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What the Rake tasks say of one database when they restore it.
      class DatabaseTaskLines < DatabaseLines
        def begun = "Restoring PostgreSQL database #{@database.name} ... "
        def cleaning = registry? ? "Cleaning the database registry ..." : "Cleaning the database ..."
        def cleaned = "done"
        def loading = "Restoring the database ..."
        def skip = "SKIP=db"
        def no_dump = "SAFETY_DUMP=no"

        def missing(path)
          return "Source database file does not exist #{path}" if @database.name == "main"

          "Source backup for the database #{@database.name} doesn't exist. Skipping the task"
        end

        private

        def registry?
          @database.name == "registry"
        end
      end
    end
  end
end
