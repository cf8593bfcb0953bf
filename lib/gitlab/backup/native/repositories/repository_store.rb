# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The repositories of a backup as gitaly-backup, or our own engine, has laid them out:
      # by manifest (16.5 and later), by pointer files, or one file each (before 14.5).
      #
      # What a manifest says is where the files are, whatever the layout; but nothing outside
      # of the folder is ever read.
      class RepositoryStore
        autoload :ManifestFile, "#{__dir__}/repository_store/manifest_file"
        autoload :Names, "#{__dir__}/repository_store/names"
        autoload :OldLayouts, "#{__dir__}/repository_store/old_layouts"
        autoload :Root, "#{__dir__}/repository_store/root"

        LATEST = "+latest"

        # path: absolute path of `repositories`; backup_id: String
        def initialize(path, backup_id:)
          @root = Root.new(path)
          @backup_id = backup_id
          @old = OldLayouts.new(@root)
        end

        # Absolute path of the folder.
        def path
          @root.path
        end

        # storage_name: nil for the old layouts alone. Returns the SavedRepository, nil when the
        # backup has none. Raises Error, status :repository, when what it has cannot be used.
        def find(storage_name, relative_path)
          names = manifests(storage_name, relative_path)
          by_id(names) || @old.pointer(relative_path, @backup_id) || latest(names) || @old.latest(relative_path)
        end

        # Reads all the manifests there are of the repository: older runs', and the latest's
        # second. Raises Error, status :repository, for the first that cannot be used.
        def check_manifests(storage_name, relative_path)
          manifests(storage_name, relative_path).each { |name| read(name) }
        end

        # String: the id of the run that made the backup, nil if it left none.
        def run_id
          @run_id = find_run_id unless defined?(@run_id)
          @run_id
        end

        # True if it has manifests: then it has one of every repository it knows.
        def manifests?
          @root.directory?("manifests")
        end

        # True if it has one also of those that did not exist, so that each that was asked for
        # is in here: since 17.6, and in our own backups.
        def complete?
          return @complete if defined?(@complete)

          storage_name, relative_path = each.first
          name = storage_name && newest(manifests(storage_name, relative_path))
          @complete = !name.nil? && ManifestFile.new(@root, name).flags?
        end

        # Yields the storage's name (nil where the layout does not tell) and the relative path
        # of each repository. Raises Error.
        def each(&block)
          return enum_for(:each) unless block

          Names.new(@root).each(&block)
        end

        private

        # Names of the repository's manifests, relative to the root.
        def manifests(storage_name, relative_path)
          return [] unless storage_name

          folder = File.join("manifests", storage_name, relative_path)
          @root.children(folder).select { |name| name.end_with?(".toml") }.map { |name| File.join(folder, name) }
        end

        def by_id(names)
          [@backup_id, run_id].compact.each do |id|
            name = names.find { |path| File.basename(path) == "#{id}.toml" }
            return read(name) if name
          end
          nil
        end

        # The newest; at the same time, that of the larger name, so that ids win over "+latest".
        def latest(names)
          name = newest(names)
          name && read(name)
        end

        def newest(names)
          names.max_by { |name| [@root.mtime(name), File.basename(name).b] }
        end

        def read(name)
          id = File.basename(name, ".toml")
          ManifestFile.new(@root, name).saved_repository(id: ["", ".toml", LATEST].include?(id) ? nil : id)
        end

        # Runs leave a mark from 18.11 on; before, an id that was asked for is in the manifests' names.
        def find_run_id
          markers = @root.children("backup_ids").map { |name| File.join("backup_ids", name) }
          ids = markers.map { |name| File.basename(name) }
          return @backup_id if ids.include?(@backup_id)
          return File.basename(newest(markers)) if markers.any?

          @backup_id if manifest_with_id?
        end

        def manifest_with_id?
          storage_name, relative_path = manifests? && each.first
          storage_name && manifests(storage_name, relative_path).any? { |name| name.end_with?("/#{@backup_id}.toml") }
        end
      end
    end
  end
end
