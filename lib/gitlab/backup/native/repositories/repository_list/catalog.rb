# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class RepositoryList
        # Which of GitLab's views and tables this database has.
        class Catalog
          COLUMNS = "SELECT attname FROM pg_catalog.pg_attribute " \
                    "WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped"

          # connection: PG::Connection
          def initialize(connection)
            @connection = connection
            @columns = Hash.new { |known, relation| known[relation] = read(relation) }
          end

          # True if there is such a view or table, with all of these columns.
          def relation?(name, columns = [])
            found = @columns[name]
            found.any? && (columns - found).empty?
          end

          private

          def read(relation)
            @connection.exec_params(COLUMNS, [relation]).column_values(0)
          end
        end
      end
    end
  end
end
