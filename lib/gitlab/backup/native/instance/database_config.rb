# frozen_string_literal: true

require_relative "database"
require_relative "../error"
require_relative "settings"
require_relative "yaml_file"

module Gitlab
  module Backup
    module Native
      class Instance
        # The databases of config/database.yml: several named ones, or the old flat form
        # that has one. Hidden ones (shared with another connection, replicas) are left out.
        class DatabaseConfig
          WHAT = "GitLab database configuration file"

          # path: of database.yml; environment_name: "production"; variables: Hash with
          # the GITLAB_BACKUP_* and GITLAB_OVERRIDE_* overrides
          def initialize(path, environment_name:, variables:)
            @path = path
            @environment_name = environment_name
            @variables = variables
          end

          # Returns [Database], main first, then as in the file. Raises Error when the
          # file cannot be used or has no database for the environment.
          def databases
            found = entries.reject { |_, settings| hidden?(settings) }
                           .map { |name, settings| Database.new(name, settings, variables: @variables) }
            raise_no_database if found.empty?
            found.sort_by.with_index { |database, index| [database.name == "main" ? 0 : 1, index] }
          end

          private

          def entries
            settings = environment_settings
            return { "main" => settings } if settings.key?("database") || settings.key?("url")

            settings.keys.to_h { |name| [name, settings.section(name)] }
          end

          def environment_settings
            all = Settings.new(YamlFile.load(@path, what: WHAT), file: @path, at: nil)
            raise_no_database unless all.key?(@environment_name)

            all.section(@environment_name)
          end

          def hidden?(settings)
            !settings.flag("database_tasks", default: true) || settings.flag("replica")
          end

          def raise_no_database
            raise Error.new("#{WHAT}: #{@path} has no database for '#{@environment_name}': " \
                            "add it there, or set RAILS_ENV to an environment it has", path: @path)
          end
        end
      end
    end
  end
end
