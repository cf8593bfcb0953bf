# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # One backup in its folder as those see it that read it: restore, verify, extract, ls,
      # diff. Ours, or one of GitLab's own tool, which has products and nothing else.
      class BackupSource
        # Components whose product is a folder; the others have one file each.
        FOLDERS = %w[db repositories].freeze
        # Some six million lines.
        MAX_CHECKSUM_BYTES = 1024 * 1024 * 1024

        # What the metadata says; created_at is a Time or nil, the others Strings or nil.
        Information = Struct.new(:backup_id, :created_at, :gitlab_version, keyword_init: true)

        # base: the backup path; id: a backup's name, or "latest" (damaged: which may be a damaged
        # one). reporter gets a warning for each manifest that cannot be used. Raises Error when
        # there is no such backup, or when it is incomplete.
        def self.find(base, id, reporter: nil, damaged: false)
          catalog = Catalog.new(base)
          latest = LatestBackup.new(catalog, reporter: reporter)
          backup = latest.meant?(id) ? latest.find(damaged: damaged) : catalog.fetch(id)
          raise incomplete(backup) if backup.incomplete?

          new(backup, reporter: reporter)
        end

        def self.incomplete(backup)
          held = new(backup).components
          what = held.empty? ? "holds no whole component" : "holds only #{held.join(", ")}"
          Error.new("#{Printable.name(backup.name)} is incomplete and #{what}: it is not restored from; " \
                    "#{Catalog::HINT}", path: backup.path)
        end
        private_class_method :incomplete

        # backup is a BackupDirectory.
        def initialize(backup, reporter: nil)
          @backup = backup
          @reporter = reporter
          @manifests = {}
        end

        # String: the id; String: the folder's absolute path
        def id = @backup.id
        def path = @backup.path

        # Information, nil when backup_information.json is missing or cannot be read.
        def information
          version = @backup.version
          Information.new(backup_id: id, created_at: @backup.created_at, gitlab_version: version) if version
        end

        # True if it was made by this tool and still has the summary to prove it.
        def ours?
          !@backup.summary.nil?
        end

        # Strings: what is missing of it, as far as a look at the folder tells.
        def damages = @backup.damages

        # Absolute path of a product ("uploads.tar.gz", "db/database.sql.gz"), there or not.
        def product_path(relative)
          File.join(path, relative)
        end

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
          @manifests.fetch(name) { @manifests[name] = usable_manifest("manifest/#{name}.msgpack") }
        end

        # {relative path (binary) => SHA-256 in hex}, nil without a list that can be trusted.
        def checksums
          return @checksums if defined?(@checksums)

          @checksums = read_checksums
        end

        private

        def folder?(relative)
          File.lstat(product_path(relative)).directory?
        rescue SystemCallError
          false
        end

        def usable_manifest(relative)
          return tell_of_strange_manifests unless ours?

          reason = objection(relative)
          return product_path(relative) unless reason

          @reporter&.warning("#{relative} of #{Printable.name(id)} is not used: #{reason}")
          nil
        end

        # A folder that was renamed, or holds another backup's manifests: one line for all of
        # them. A foreign backup has none, and that needs no line.
        def tell_of_strange_manifests
          return if @told || !folder?("manifest")

          @told = true
          @reporter&.warning("the manifests in #{Printable.name(path)} do not belong to it and are not used")
          nil
        end

        def objection(relative)
          return "it is missing" unless product?(relative)
          return "#{Checksums::NAME} is missing or was changed" unless checksums

          return "it differs from #{Checksums::NAME}" unless checksums[relative.b] == digest(relative)

          "it belongs to another backup" unless Manifest.new(product_path(relative)).header.backup_id == id.b
        rescue Error => e
          e.message
        end

        def digest(relative)
          absolute = product_path(relative)
          Digests.of([absolute], workers: 1, sync: false).fetch(absolute)
        end

        def read_checksums
          return unless product?(Checksums::NAME) && File.size(product_path(Checksums::NAME)) <= MAX_CHECKSUM_BYTES

          Checksums.parse(File.binread(product_path(Checksums::NAME)))
        rescue SystemCallError
          nil
        end
      end
    end
  end
end
