# frozen_string_literal: true

require "pg"

module Gitlab
  module Backup
    module Native
      # The repositories of an instance, read from its main database.
      #
      # They are read the way GitLab's tool does: from its views where they exist, in
      # batches by id, kind by kind. Where an older GitLab has no view its tables
      # serve. A repository that does not lie under the hash of its id (legacy
      # storage) has its place from the `disk_path` GitLab keeps; its own tool loses it.
      class RepositoryList
        autoload :Catalog, "#{__dir__}/repository_list/catalog"
        autoload :Kind, "#{__dir__}/repository_list/kind"
        autoload :Kinds, "#{__dir__}/repository_list/kinds"

        BATCH = 1000
        # A batch over a cold cache may outlast limits that were made for web requests.
        SESSION = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; " \
                  "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; " \
                  "SET LOCAL client_encoding = 'UTF8'"

        # connection: PG::Connection to the main database; the caller closes it. filter: which
        # are asked for.
        def initialize(connection, filter: RepositoryFilter.new)
          @connection = connection
          @parameters = filter.parameters
        end

        # Yields each RepositoryJob, all from one snapshot, with 1,000 rows in memory
        # at a time; without a block returns an Enumerator. Blocks on the database.
        # Raises DatabaseError, also when this is no database of GitLab's.
        def each(&block)
          return enum_for(:each) unless block

          @connection.transaction do
            @connection.exec(SESSION)
            kinds.each { |kind, query| each_of(kind, query, &block) }
          end
        rescue PG::Error => e
          raise DatabaseError, "cannot list the repositories of database '#{@connection.db}': " \
                               "#{Printable.line(e.message)}"
        end

        private

        # [[Kind, SQL]] of the kinds this GitLab has.
        def kinds
          catalog = Catalog.new(@connection)
          kinds = Kinds.all.map { |kind| [kind, kind.query(catalog)] }
          return kinds.select(&:last) if kinds.first.last

          raise DatabaseError, "database '#{@connection.db}' has neither #{Kinds::PROJECT[:view]} nor the tables " \
                               "projects and routes: `main` in database.yml must be GitLab's own database"
        end

        def each_of(kind, query)
          last = 0
          loop do
            rows = @connection.exec_params(query, [last, BATCH, *@parameters]).values
            rows.each { |row| yield kind.job(*row) }
            return if rows.size < BATCH

            last = rows.last.first
          end
        end
      end
    end
  end
end
