# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # A backup without an outer tar (SKIP=tar), or one that was unpacked by hand: it lies in the backup path itself,
      # among whatever else is there.
      class StagedBackup
        # True if there is one.
        def self.in?(base)
          File.file?(File.join(base, BackupInformation::YAML_NAME))
        end

        # String: the backup path
        attr_reader :path

        # backup_id: for metadata that name none.
        def initialize(base, backup_id: nil)
          @path = base
          @backup_id = backup_id
        end

        # BackupInformation. Raises Error when it cannot be read.
        def information
          @information ||= read_information
        end

        # What a BackupDirectory answers under these names; raise as #information.
        def id = information.backup_id
        def name = id
        def created_at = information.created_at
        def version = information.gitlab_version
        def incomplete? = false
        def damages = []

        # Hash of summary.json (String keys), nil without one that fits.
        def summary
          @summary ||= Summary.read(path, id)
        end

        private

        def read_information
          file = File.join(path, BackupInformation::YAML_NAME)
          content = File.binread(file, InformationFile::MAX_BYTES + 1).to_s
          BackupInformation.load(content, path: file, backup_id: @backup_id)
        rescue SystemCallError => e
          raise Failure.of("read", file, e)
        end
      end
    end
  end
end
