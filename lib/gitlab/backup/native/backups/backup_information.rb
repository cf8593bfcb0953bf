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
        # What SKIP may name, in the order in which GitLab lists it.
        SKIP_ORDER = ["tar", "remote", *Component::SKIP_ORDER].freeze
        # What an incremental backup adds to its predecessor's, in GitLab's order.
        LISTS = %i[skipped repositories_storages repositories_paths skip_repositories_paths].freeze

        # Returns that of a backup_information.yml, ours or one of any GitLab since 8.x: what
        # an old one does not have is nil or empty. path: for messages; backup_id: for files
        # that name none. Raises FormatError.
        def self.load(yaml, path: YAML_NAME, backup_id: nil)
          new(**InformationFile.new(yaml, path: path).attributes(backup_id: backup_id))
        end

        # Strings, each nil where an old file has none
        attr_reader :backup_id, :gitlab_version, :installation_type, :db_version, :tar_version
        # Time with the zone's offset, or nil; String: the zone's name
        attr_reader :created_at, :zone
        # Arrays of Strings
        attr_reader(*LISTS)
        # true or false; String or nil: the backup an incremental one began with
        attr_reader :repositories_server_side, :full_backup_id

        # created_at is a Time, of which the offset is the zone's; skipped the ids of
        # components that were left out, "tar" and "remote"; db_version the newest migration
        # (String or nil).
        def initialize(backup_id:, created_at:, gitlab_version:, installation_type:, db_version:, tar_version:,
                       zone: TimeZone::UTC, skipped: [], repositories_storages: [], repositories_paths: [],
                       skip_repositories_paths: [], repositories_server_side: false, full_backup_id: nil)
          @backup_id = backup_id
          @created_at = created_at
          @zone = zone
          @gitlab_version = gitlab_version
          @installation_type = installation_type
          @db_version = db_version
          @tar_version = tar_version
          @skipped = SKIP_ORDER & skipped
          @repositories_storages = repositories_storages
          @repositories_paths = repositories_paths
          @skip_repositories_paths = skip_repositories_paths
          @repositories_server_side = repositories_server_side
          @full_backup_id = full_backup_id
        end

        # That of an incremental backup of the repositories on top of this one. attributes: as
        # for #initialize; the lists are added to this backup's. previous_backup: the file it
        # is read from, or its id; it counts where this one does not say with which backup
        # all began. How the repositories are stored cannot change on the way.
        def incremental(previous_backup: nil, **attributes)
          previous = File.basename(previous_backup, BackupId::TAR_SUFFIX) if previous_backup
          lists = LISTS.to_h { |name| [name, attributes.fetch(name, []) | public_send(name)] }
          self.class.new(**attributes, **lists, repositories_server_side: repositories_server_side,
                                                full_backup_id: full_backup_id || previous || backup_id)
        end

        # Writes both files, private, into the directory. Raises Error.
        def write(directory)
          Durable.write(File.join(directory, JSON_NAME), json)
          Durable.write(File.join(directory, YAML_NAME), yaml)
        end

        # String, without a newline at its end.
        def json
          JSON.pretty_generate(metadata_version: METADATA_VERSION, backup_id: backup_id,
                               created_at: created_at.getutc.iso8601, gitlab_version: gitlab_version)
        end

        # String, without YAML's first line.
        def yaml
          YAML.dump(mapping, line_width: -1).delete_prefix("---\n")
        end

        private

        def mapping
          {
            db_version: db_version, backup_created_at: created_at && RailsTime.new(created_at, zone: zone),
            gitlab_version: gitlab_version, tar_version: tar_version, installation_type: installation_type,
            **LISTS.to_h { |name| [name, public_send(name).join(",")] },
            repositories_server_side: repositories_server_side, backup_id: backup_id, full_backup_id: full_backup_id
          }
        end
      end
    end
  end
end
