# frozen_string_literal: true

module Gitlab
  module Backup
    # instance: what GitLab is configured to be
    module Native
      autoload :Account, "#{File.dirname(__dir__)}/instance/account"
      autoload :BooleanWords, "#{File.dirname(__dir__)}/instance/boolean_words"
      autoload :Database, "#{File.dirname(__dir__)}/instance/database"
      autoload :DatabaseConnection, "#{File.dirname(__dir__)}/instance/database_connection"
      autoload :DatabaseUrl, "#{File.dirname(__dir__)}/instance/database_url"
      autoload :DatabaseVersion, "#{File.dirname(__dir__)}/instance/database_version"
      autoload :Executables, "#{File.dirname(__dir__)}/instance/executables"
      autoload :GitlabRake, "#{File.dirname(__dir__)}/instance/gitlab_rake"
      autoload :RegistryDatabase, "#{File.dirname(__dir__)}/instance/registry_database"
      autoload :Storage, "#{File.dirname(__dir__)}/instance/storage"
      autoload :TimeZone, "#{File.dirname(__dir__)}/instance/time_zone"
    end
  end
end
