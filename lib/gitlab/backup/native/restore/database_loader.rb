# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Puts the SQL of a dump into a database through libpq.
      class DatabaseLoader
        # database: Database; account: Account to connect as, or nil.
        def initialize(database, account:)
          @database = database
          @account = account
        end

        # text: DatabaseText. Returns a DatabaseReport; yields Progress. Raises Error when the
        # text was not run to its end.
        def call(text, &block)
          params = DatabaseConnection::COMMON.merge(@database.connection_params)
          Load.open(params, account: @account) do |load|
            DatabaseReport.of(text.read { |io| load.run(io, &block) })
          end
        end
      end
    end
  end
end
