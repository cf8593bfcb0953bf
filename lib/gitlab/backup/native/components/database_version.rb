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
      end
    end
  end
end
