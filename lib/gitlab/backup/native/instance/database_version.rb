# frozen_string_literal: true

require "pg"

module Gitlab
  module Backup
    module Native
      # The newest migration of the main database, as GitLab's metadata has it.
      module DatabaseVersion
        QUERY = "SELECT version FROM schema_migrations ORDER BY length(version) DESC, version DESC LIMIT 1"

        # String, or nil if the table is empty. Raises Error; blocks on the server.
        def self.of(instance)
          DatabaseConnection.open(instance.databases.first, account: instance.account) do |connection|
            connection.exec(QUERY).first&.fetch("version")
          end
        rescue PG::Error => e
          raise DatabaseError, "cannot read the database's version: #{Printable.line(e.message)}"
        end

        # The same for a backup's metadata; nil, with a warning, if it cannot be read. GitLab restores nothing by it: no
        # reason to throw away what is finished.
        def self.for_metadata(instance, reporter)
          of(instance)
        rescue Error => e
          reporter.warning("#{e.message}; #{BackupInformation::YAML_NAME} goes without the newest migration's name")
          nil
        end
      end
    end
  end
end
