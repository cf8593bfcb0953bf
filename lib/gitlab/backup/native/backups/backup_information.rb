# frozen_string_literal: true

require "json"
require "time"
require "yaml"

module Gitlab
  module Backup
    module Native
      # The metadata of a backup, once for each of GitLab's tools: backup_information.json
      # for gitlab-backup-cli, backup_information.yml for the Rake tasks. Both are formats
      # of GitLab's: no key may be added, the tasks refuse a file with an unknown one.
      class BackupInformation
        JSON_NAME = "backup_information.json"
        YAML_NAME = "backup_information.yml"
        METADATA_VERSION = 2

        # created_at is a Time; skipped the ids of components that were left out;
        # db_version the newest migration (String or nil).
        def initialize(backup_id:, created_at:, gitlab_version:, installation_type:, db_version:, tar_version:,
                       skipped: [])
          @backup_id = backup_id
          @created_at = created_at.getutc
          @gitlab_version = gitlab_version
          @installation_type = installation_type
          @db_version = db_version
          @tar_version = tar_version
          @skipped = skipped
        end

        # Writes both files, private, into the directory. Raises Error.
        def write(directory)
          Durable.write(File.join(directory, JSON_NAME), json)
          Durable.write(File.join(directory, YAML_NAME), yaml)
        end

        # String, without a newline at its end.
        def json
          JSON.pretty_generate(metadata_version: METADATA_VERSION, backup_id: @backup_id,
                               created_at: @created_at.iso8601, gitlab_version: @gitlab_version)
        end

        # String, without YAML's first line.
        def yaml
          YAML.dump(mapping, line_width: -1).delete_prefix("---\n")
        end

        private

        def mapping
          {
            db_version: @db_version, backup_created_at: RailsTime.new(@created_at), gitlab_version: @gitlab_version,
            tar_version: @tar_version, installation_type: @installation_type, skipped: skipped,
            repositories_storages: "", repositories_paths: "", skip_repositories_paths: "",
            repositories_server_side: false, backup_id: @backup_id, full_backup_id: nil
          }
        end

        def skipped
          (Component::SKIP_ORDER & @skipped).join(",")
        end
      end
    end
  end
end
