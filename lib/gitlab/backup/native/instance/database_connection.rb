# frozen_string_literal: true

require "pg"

module Gitlab
  module Backup
    module Native
      # How we ask a database of the instance ourselves.
      module DatabaseConnection
        # What libpq is to do besides: show who we are, notice a dead server in an idle hour.
        COMMON = { fallback_application_name: "gitlab-backup-native", keepalives_idle: 60 }.freeze

        # database: Database; account: Account or nil (with peer authentication the
        # server asks who we are). Returns a PG::Connection, the caller's to close.
        # Raises DatabaseError when there is none; blocks on the server.
        def self.connect(database, account:)
          params = COMMON.merge(database.connection_params)
          Account.as(account) { PG.connect(params) }
        rescue PG::Error => e
          raise DatabaseError, database.unreachable(Printable.line(e.message))
        end

        # The same for as long as the block runs; returns the block's value.
        def self.open(database, account:)
          connection = connect(database, account: account)
          yield connection
        rescue PG::ConnectionBad => e
          raise DatabaseError, "the connection to the database is lost (#{database.description}): " \
                               "#{Printable.line(e.message)}"
        ensure
          connection&.close
        end
      end
    end
  end
end
