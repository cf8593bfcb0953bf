# frozen_string_literal: true

require_relative "database_url"
require_relative "../error"

module Gitlab
  module Backup
    module Native
      # One database of the instance: how to reach it, and what its dump is called.
      # Never shows its password: not in messages, not in inspect.
      class Database
        # database.yml key => variable of libpq; each can be overridden (OVERRIDES)
        VARIABLES = {
          "username" => "PGUSER", "host" => "PGHOST", "port" => "PGPORT", "password" => "PGPASSWORD",
          "sslmode" => "PGSSLMODE", "sslkey" => "PGSSLKEY", "sslcert" => "PGSSLCERT",
          "sslrootcert" => "PGSSLROOTCERT", "sslcrl" => "PGSSLCRL", "sslcompression" => "PGSSLCOMPRESSION"
        }.freeze
        # The first that is not blank wins, then database.yml (to go around PgBouncer).
        OVERRIDES = %w[GITLAB_OVERRIDE_%<name>s_%<variable>s GITLAB_OVERRIDE_%<variable>s
                       GITLAB_BACKUP_%<name>s_%<variable>s GITLAB_BACKUP_%<variable>s].freeze

        # String: the connection's name ("main", "ci")
        attr_reader :name
        # String: the database's name on its server
        attr_reader :database

        # name: String; settings: Instance::Settings of its entry; variables: Hash for
        # the overrides. Raises Error when the entry names no database.
        def initialize(name, settings, variables: {})
          @name = name
          @variables = variables
          @url = DatabaseUrl.parse(settings)
          @place = "#{settings.at} in #{settings.file}"
          @database = settings.text("database") || @url["database"] || raise_nameless(settings)
          @values = values_from(settings)
          @connect_timeout = settings.text("connect_timeout") || @url["connect_timeout"]
        end

        # Path of its dump in a backup: db/database.sql.gz, db/ci_database.sql.gz
        def product
          name == "main" ? "db/database.sql.gz" : "db/#{name}_database.sql.gz"
        end

        # String or nil: server name, address or socket directory
        def host
          @values["host"]
        end

        # String or nil
        def port
          @values["port"]
        end

        # Returns the Hash for PG.connect; holds the password.
        def connection_params
          params = @values.to_h { |key, value| [key == "username" ? :user : key.to_sym, value] }
          params.merge({ dbname: database, connect_timeout: @connect_timeout }.compact)
        end

        # Returns the Hash of PG* variables for pg_dump and psql; holds the password.
        # What is not set here they take from our own environment, as GitLab's do.
        def tool_environment
          @values.transform_keys { |key| VARIABLES.fetch(key) }
        end

        # "host 'x', port 'y', database 'z'", for messages
        def description
          "host '#{host || ENV["PGHOST"] || "local socket"}', port '#{port || ENV["PGPORT"] || 5432}', " \
            "database '#{database}'"
        end

        # String for messages: there is no connection, for that reason.
        def unreachable(reason)
          "cannot connect to the database (#{description}): #{reason}: #{remedy}"
        end

        # String for messages: the variables that lead past a pooler.
        def direct_variables
          "GITLAB_BACKUP_PGHOST and GITLAB_BACKUP_PGPORT"
        end

        # String for messages: what to do when there is no connection.
        def remedy
          "check host, port, database, username and password of #{@place}, and that the server runs"
        end

        def inspect
          "#<#{self.class} #{name}: #{description}>"
        end

        private

        def values_from(settings)
          VARIABLES.to_h { |key, variable| [key, override(variable) || settings.text(key) || @url[key]] }.compact
        end

        def override(variable)
          OVERRIDES.map { |pattern| @variables[format(pattern, name: name.upcase, variable: variable)] }
                   .find { |value| !value.to_s.strip.empty? }
        end

        def raise_nameless(settings)
          raise Error.new("#{settings.file}: the entry '#{name}' names no database: " \
                          "set its key `database`", path: settings.file)
        end
      end
    end
  end
end
