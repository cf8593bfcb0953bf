# frozen_string_literal: true

require_relative "instance/account"
require_relative "instance/backup_section"
require_relative "error"
require_relative "instance/database_config"
require_relative "instance/discovery"
require_relative "instance/file_paths"
require_relative "instance/installation"
require_relative "instance/object_storage"
require_relative "instance/package_environment"
require_relative "instance/registry_database"
require_relative "instance/section"
require_relative "instance/storages"

module Gitlab
  module Backup
    module Native
      # A GitLab instance as its configuration describes it. gitlab.yml is read when it
      # is found; the rest when it is asked for, so that `list` needs no database.yml.
      # Every reader raises Error, one line with the file, when what it needs is wrong.
      class Instance
        # gitlab_path: --gitlab-path or nil; environment: variables to look at;
        # storage_paths: {storage name => directory} of --storage-path. Returns an Instance.
        # Raises Error when no configuration is found or gitlab.yml cannot be used.
        def self.find(gitlab_path: nil, environment: ENV, storage_paths: {}, install: Discovery::INSTALL,
                      directory: nil)
          location = Discovery.new(gitlab_path: gitlab_path, environment: environment, install: install,
                                   directory: directory).find
          new(location, variables: environment, storage_paths: storage_paths)
        end

        # String: GitLab's environment, "production"
        attr_reader :environment
        # Hash: the caller's variables over those the Linux package gives its processes
        attr_reader :variables

        def initialize(location, variables: ENV, storage_paths: {})
          @location = location
          @variables = PackageEnvironment.read(location.install).merge(variables.to_h)
          @storage_paths = storage_paths
          section = Section.new(location.config_file, variables: @variables)
          @environment = section.name
          @settings = section.settings
        end

        # String: GitLab's Rails folder
        def root
          @location.root
        end

        # String or nil: the Linux package's folder ("/opt/gitlab")
        def install_path
          @location.install
        end

        # String: content of VERSION, "18.6.2-ee"
        def version
          @version ||= Installation.new(@location).version
        end

        # String: "omnibus-gitlab", "source", "gitlab-helm-chart"
        def installation_type
          Installation.new(@location).type
        end

        # String: GitLab's system user
        def user
          @settings.text("gitlab", "user") || "git"
        end

        # TimeZone GitLab tells times in
        def time_zone
          @time_zone ||= TimeZone.new(@settings.text("gitlab", "time_zone"))
        end

        # Account tools run as, nil when that is us. Raises Error when there is none.
        def account
          @account ||= Account.for(user)
        end

        # String: absolute path of the folder of backups
        def backup_path = backup_section.path

        # Integer: seconds backups are kept, 0 for ever
        def keep_time = backup_section.keep_time

        # Integer: mode of the outer tar
        def archive_permissions = backup_section.archive_permissions

        # String or nil: gitaly-backup as configured, else the Linux package's, else PATH's
        def gitaly_backup_path = backup_section.gitaly_backup_path(install_path)

        # Remote::Settings: where archives are uploaded to
        def upload_settings
          Remote::Settings.new(@settings.section("backup", "upload"), variables: variables)
        end

        def registry_enabled?
          @settings.flag("registry", "enabled")
        end

        # [Database], main first, hidden ones left out, the registry's last
        def databases
          @databases ||= [*DatabaseConfig.new(@location.database_file, environment_name: environment,
                                                                       variables: variables).databases,
                          *RegistryDatabase.of(variables)]
        end

        # {name => Storage}
        def storages
          @storages ||= known_storages.to_h
        end

        # [String]: names of the storages that are not in gitlab.yml, but in storage_paths
        def unconfigured_storages
          known_storages.unconfigured
        end

        # component_id: String. Returns the absolute path of its files, links not resolved.
        def file_path(component_id)
          FilePaths.new(@settings, root: root).fetch(component_id)
        end

        # component_id: String. Returns nil or the bucket ("name", "name/prefix") new files go to.
        def object_storage(component_id)
          ObjectStorage.new(@settings).bucket(component_id)
        end

        # [String]: texts of gitlab.yml whose key matches, for those who must not show them
        def secrets(pattern) = @settings.texts_named(pattern)

        def inspect
          "#<#{self.class} #{root} #{environment}>" # variables may hold secrets
        end

        private

        def known_storages
          Storages.new(@settings, root: root, paths: @storage_paths)
        end

        def backup_section
          BackupSection.new(@settings, root: root)
        end
      end
    end
  end
end
