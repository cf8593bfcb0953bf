# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # One backup in its folder as those see it that read it: restore, verify, extract, ls,
      # diff. Ours, or one of GitLab's own tool, which has products and nothing else. A TarSource
      # is one in a single file.
      class BackupSource
        # Components whose product is a folder; the others have one file each.
        FOLDERS = %w[db repositories].freeze

        # What the metadata says; created_at is a Time or nil, the others Strings or nil.
        Information = Struct.new(:backup_id, :created_at, :gitlab_version, keyword_init: true)

        # base: the backup path; id: a backup's name, or "latest" (asked: what LatestBackup takes); where
        # there is no folder of that name, but `<id>_gitlab_backup.tar`, that, by either name. reporter
        # gets a warning for each manifest that cannot be used. Raises Error when there is no such backup,
        # or when it is incomplete.
        def self.find(base, id, reporter: nil, **asked)
          catalog = Catalog.new(base)
          backup = catalog.look_up(id, reporter: reporter, **asked)
          return backup.source(reporter: reporter) unless backup.incomplete?

          catalog.fetch(backup.name) # refuses a tar, and says what such a one is good for
          raise incomplete(backup)
        end

        def self.incomplete(backup)
          held = new(backup).components
          what = held.empty? ? "holds no whole component" : "holds only #{held.join(", ")}"
          Error.new("#{Printable.name(backup.name)} is incomplete and #{what}: it is not restored from; " \
                    "#{Catalog::HINT}", path: backup.path)
        end
        private_class_method :incomplete

        # backup is a BackupDirectory, or answers as one.
        def initialize(backup, reporter: nil)
          @backup = backup
          @manifests = SourceManifests.new(self, reporter)
        end

        # Strings: the id; the folder's absolute path
        def id = @backup.id
        def path = @backup.path

        # Hash of summary.json (String keys), nil without one that fits.
        def summary = @backup.summary

        # String: the metadata it must have.
        def metadata = BackupInformation::JSON_NAME

        # Information, nil when the metadata are missing or cannot be read.
        def information
          version = @backup.version
          Information.new(backup_id: id, created_at: @backup.created_at, gitlab_version: version) if version
        end

        # True if it was made by this tool and still has the summary to prove it.
        def ours?
          !summary.nil?
        end

        # Strings: what is missing of it, as far as a look at the folder tells.
        def damages = @backup.damages

        # {component id => String: why}: those it no longer has whole, by its structure and lists. Raises Error.
        def lost = @lost ||= MissingProducts.new(self).call

        # Those of these relative paths (binary) at which it has nothing. Raises Error.
        def absent(names) = names.reject { |name| product?(name) || folder?(name) }

        # [TarLoss]: the damage to that structure.
        def losses = []

        # Place of a product ("uploads.tar.gz", "db/database.sql.gz"), nil when there is none.
        def place(relative)
          Place.new(product_path(relative)) if product?(relative)
        end

        # Absolute path (binary) of what is a file or folder of its own, there or not.
        def product_path(relative)
          BytePath.join(path, relative)
        end

        # Names of what is in a folder of the backup. Raises Error.
        def children(folder)
          Dir.children(product_path(folder))
        rescue SystemCallError => e
          raise Failure.of("list", product_path(folder), e)
        end

        # What a component that is a folder holds: answers #each_entry as a Manifest does.
        def entries(component)
          DiskEntries.new(product_path(component))
        end

        # Relative paths (binary) of all files. Raises SystemCallError.
        def files
          Tree.new(path).files
        end

        # To be called when it is not read any more.
        def close; end

        # True if the product is a regular file; false for a link.
        def product?(relative)
          File.lstat(product_path(relative)).file?
        rescue SystemCallError
          false
        end

        # Ids of the components that have a product, in GitLab's order.
        def components
          folders, files = Component::IDS.partition { |component| FOLDERS.include?(component) }
          folders.select { |component| folder?(component) } + files.select { |id| product?("#{id}.tar.gz") }
        end

        # Absolute path of the manifest of that name ("uploads", "db-main"), nil when there is
        # none that fits this backup. One warning for each that does not.
        def manifest_path(name)
          @manifests.path(name)
        end

        # RowIndex of the dump of that database, nil when there is none that fits.
        def row_index(database)
          @manifests.row_index(database)
        end

        # The same of a product that COMPRESS_CMD has packed: the manifest of what that was given.
        def inner_manifest_path(name)
          @manifests.inner_path(name)
        end

        # {relative path (binary) => SHA-256 in hex}, nil without a list that can be trusted.
        def checksums
          @manifests.checksums
        end

        # True if there is such a folder; false for a link.
        def folder?(relative)
          File.lstat(product_path(relative)).directory?
        rescue SystemCallError
          false
        end
      end
    end
  end
end
