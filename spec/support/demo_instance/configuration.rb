# frozen_string_literal: true

require "fileutils"
require "json"

class DemoInstance
  # Writes config/gitlab.yml, config/database.yml and VERSION, with the ERB and the
  # aliases real ones have.
  class Configuration
    GITLAB_YML = <<~YAML
      production: &base
        gitlab:
          host: <%%= ENV.fetch("GITLAB_HOST", "gitlab.example.com") %%>
          user: %{user}
        backup: &backup
          path: %{backup_path}
          keep_time: <%%= 7 * 24 * 3600 %%>
        shared:
          path: shared
        gitlab_ci:
          builds_path: builds
        artifacts: &stored
          enabled: true
        lfs:
          <<: *stored
        packages:
          <<: *stored
        registry:
          enabled: true
          path: shared/registry
        pages:
          enabled: false
        repositories:
          storages:
            default:
              path: %{storage_path}
              gitaly_address: unix:%{root}/tmp/gitaly.socket
      development:
        <<: *base
      test:
        <<: *base
        backup:
          <<: *backup
          path: tmp/tests/backups
    YAML
    # `sec` shares main's database, so it must not be dumped.
    DATABASE_YML = <<~YAML
      default: &default
        adapter: postgresql
        encoding: unicode
        host: <%%= %{host}.strip %%>
        username: %{username}
        password: %{password}
      production:
        main: &main
          <<: *default
          database: %{main}
        ci:
          <<: *default
          database: %{ci}
        sec:
          <<: *main
          database_tasks: false
    YAML

    # values: user, backup_path, storage_path, host, databases
    def initialize(root, **values)
      @root = root
      @values = values
    end

    def write
      FileUtils.mkdir_p(["#{@root}/config", "#{@root}/tmp"])
      File.write("#{@root}/config/gitlab.yml", gitlab_yml)
      File.write("#{@root}/config/database.yml", database_yml, perm: 0o640)
      File.write("#{@root}/VERSION", "#{VERSION}\n")
      File.write("#{@root}/INSTALLATION_TYPE", "source\n")
    end

    private

    def gitlab_yml
      quoted = @values.slice(:backup_path, :storage_path).transform_values { |path| JSON.generate(path) }
      format(GITLAB_YML, user: @values.fetch(:user), root: @root, **quoted)
    end

    # JSON's texts are YAML's, and Ruby's when they hold no "#{".
    def database_yml
      texts = { host: @values.fetch(:host), username: ROLE, password: PASSWORD }.merge(@values.fetch(:databases))
      format(DATABASE_YML, texts.to_h { |name, text| [name.to_sym, JSON.generate(text)] })
    end
  end
end
