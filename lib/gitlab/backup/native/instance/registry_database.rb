# frozen_string_literal: true

require_relative "database"
require_relative "settings"
require_relative "../error"

module Gitlab
  module Backup
    module Native
      # The container registry's metadata database, which is not in database.yml: variables of the
      # environment say how to reach it. Overrides for other databases do not apply to it.
      class RegistryDatabase < Database
        NAME = "registry"
        # Its dump in a backup.
        PRODUCT = "db/registry_database.sql.gz"
        PREFIX = "REGISTRY_DATABASE_"
        # They do nothing alone: the registry itself may have them.
        BASIC = %w[HOST PORT NAME USER SSLMODE CONNECT_TIMEOUT].freeze
        # GitLab's documentation has the first spelling of the CA file, its code the second.
        VARIABLES_OF = {
          "host" => %w[HOST], "port" => %w[PORT], "database" => %w[NAME], "username" => %w[USER],
          "password" => %w[PASSWORD], "sslmode" => %w[SSLMODE], "sslcert" => %w[SSLCERT], "sslkey" => %w[SSLKEY],
          "sslrootcert" => %w[SSLROOTCERT ROOTCERT], "connect_timeout" => %w[CONNECT_TIMEOUT]
        }.freeze

        # variables: Hash. Returns the RegistryDatabase, nil when they do not ask for it. Raises
        # Error when they do, but do not name it.
        def self.of(variables)
          given = variables.filter_map { |name, value| [name.delete_prefix(PREFIX), value] if name.start_with?(PREFIX) }
          return if (given.map(&:first) - BASIC).empty?

          new(given.to_h)
        end

        # given: {variable's name without the prefix => value}
        def initialize(given)
          values = VARIABLES_OF.transform_values do |names|
            given.values_at(*names).find { |value| !value.to_s.strip.empty? }
          end
          super(NAME, Instance::Settings.new(values, file: "the environment", at: "#{PREFIX}*"))
        end

        def unreachable(reason)
          "Unable to connect to the registry database with the provided information: #{reason}: #{remedy}"
        end

        def direct_variables
          "#{PREFIX}HOST and #{PREFIX}PORT"
        end

        private

        def raise_nameless(_settings)
          raise Error, "#{PREFIX}NAME is not set: set it to the name of the registry's metadata database, or unset " \
                       "the other variables that begin with #{PREFIX}, so that it is left out"
        end
      end
    end
  end
end
