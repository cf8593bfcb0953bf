# frozen_string_literal: true

module Gitlab
  module Backup
    # backups: as they lie on disk
    module Native
      autoload :BackupDirectory, "#{File.dirname(__dir__)}/backups/backup_directory"
      autoload :BackupId, "#{File.dirname(__dir__)}/backups/backup_id"
      autoload :BackupInformation, "#{File.dirname(__dir__)}/backups/backup_information"
      autoload :BackupPath, "#{File.dirname(__dir__)}/backups/backup_path"
      autoload :BackupSource, "#{File.dirname(__dir__)}/backups/backup_source"
      autoload :Catalog, "#{File.dirname(__dir__)}/backups/catalog"
      autoload :Checksums, "#{File.dirname(__dir__)}/backups/checksums"
      autoload :Completeness, "#{File.dirname(__dir__)}/backups/completeness"
      autoload :EmptyArchive, "#{File.dirname(__dir__)}/backups/empty_archive"
      autoload :InformationFile, "#{File.dirname(__dir__)}/backups/information_file"
      autoload :Integrity, "#{File.dirname(__dir__)}/backups/integrity"
      autoload :LatestBackup, "#{File.dirname(__dir__)}/backups/latest_backup"
      autoload :ListedTar, "#{File.dirname(__dir__)}/backups/listed_tar"
      autoload :MissingProducts, "#{File.dirname(__dir__)}/backups/missing_products"
      autoload :NewestCopies, "#{File.dirname(__dir__)}/backups/newest_copies"
      autoload :OuterTar, "#{File.dirname(__dir__)}/backups/outer_tar"
      autoload :PendingRestore, "#{File.dirname(__dir__)}/backups/pending_restore"
      autoload :PreviousArchive, "#{File.dirname(__dir__)}/backups/previous_archive"
      autoload :PreviousArchives, "#{File.dirname(__dir__)}/backups/previous_archives"
      autoload :PreviousBackup, "#{File.dirname(__dir__)}/backups/previous_backup"
      autoload :PrivateManifests, "#{File.dirname(__dir__)}/backups/private_manifests"
      autoload :Pruning, "#{File.dirname(__dir__)}/backups/pruning"
      autoload :RailsTime, "#{File.dirname(__dir__)}/backups/rails_time"
      autoload :Removal, "#{File.dirname(__dir__)}/backups/removal"
      autoload :Retention, "#{File.dirname(__dir__)}/backups/retention"
      autoload :SourceManifests, "#{File.dirname(__dir__)}/backups/source_manifests"
      autoload :Summary, "#{File.dirname(__dir__)}/backups/summary"
      autoload :TarPruning, "#{File.dirname(__dir__)}/backups/tar_pruning"
      autoload :TarVersion, "#{File.dirname(__dir__)}/backups/tar_version"
    end
  end
end
