# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # A backup that is one tar file, as those see it that read it. Its large products are read where they lie in it;
      # what has to be a file of its own (metadata, manifests, and repositories, which other programs read) is unpacked
      # for the moment.
      class TarSource < BackupSource
        REPOSITORIES = "repositories"

        # check_space: whether to look for room before anything is unpacked.
        def initialize(backup, check_space: true, **options)
          super(backup, **options)
          @check_space = check_space
        end

        # BackupInformation. Raises Error.
        def details
          @backup.information
        end

        # As of BackupSource.
        def lost
          @lost ||= @backup.index.losses.none? ? super : LostComponents.new(self, @backup.index).call
        end

        # As of BackupSource, without unpacking the repositories.
        def absent(names)
          repositories, others = names.partition { |name| name.start_with?("#{REPOSITORIES}/") }
          return super if repositories.empty?

          super(others) + (repositories - @backup.index.enum_for(:each_below, REPOSITORIES).map { |name, _| name })
        end

        # [TarLoss]. Reads all headers. Raises Error.
        def losses
          @backup.index.losses.to_a
        end

        # Files that can be reached, cut off or not.
        def reachable
          @backup.index.files.size + @backup.index.repository_files
        end

        # Strings: ids of the components that were left out as asked, as far as its metadata can be read.
        def skipped
          @backup.information.skipped
        rescue FormatError
          []
        end

        # Place of a product, nil when there is none.
        def place(relative)
          member = @backup.index.file(relative)
          return @backup.place(member) if member

          super if repository_file?(relative)
        end

        # Absolute path of what is in the tar, unpacked if that was not done yet: for all but large products. Of what is
        # not in there, a path where nothing is. Raises Error.
        def product_path(relative)
          return unpacked_repositories(relative) if repositories?(relative)

          member = @backup.index.file(relative)
          member ? @backup.folder.file(relative, @backup.place(member)) : BytePath.join(@backup.folder.path, relative)
        end

        def product?(relative)
          repository_file?(relative) || !@backup.index.file(relative).nil?
        end

        # Names of the files in a folder at the top.
        def children(folder)
          files = @backup.index.files.select { |name| File.dirname(name) == folder }
          files.map { |name| File.basename(name).force_encoding(Encoding::UTF_8) }
        end

        # What a component that is a folder holds, without unpacking it.
        def entries(component)
          TarEntries.new(@backup.index, component)
        end

        # Relative paths (binary) of all files.
        def files
          return @backup.index.files unless folder?(REPOSITORIES)

          tree = Tree.new(product_path(REPOSITORIES))
          @backup.index.files + tree.files.map { |path| File.join(REPOSITORIES.b, path) }
        end

        # Bytes that unpacking the repositories takes, with a block each at least.
        def unpacking_bytes
          @backup.index.repository_bytes + (@backup.index.repository_files * ArchiveSize::UNIT)
        end

        # Removes what was unpacked.
        def close
          @backup.close
        end

        # Yields each file of the repositories where it lies: its name below their folder (binary), its
        # Place, and its time in seconds. Raises Error.
        def each_repository_file
          @backup.index.each_below(REPOSITORIES) do |name, member|
            next if member.type == "directory"
            raise TarUnpacking.strange(@backup, name, member) unless member.type == "file"

            yield name.delete_prefix("#{REPOSITORIES}/"), @backup.place(member), member.mtime
          end
        end

        # What makes it a backup of GitLab's.
        def metadata
          BackupInformation::YAML_NAME
        end

        def folder?(relative)
          @backup.index.directory?(relative)
        end

        private

        def repositories?(relative)
          TarIndex.relative(relative)&.match?(%r{\A#{REPOSITORIES}(/|\z)})
        end

        def repository_file?(relative)
          repositories?(relative) && folder?(REPOSITORIES) && File.lstat(product_path(relative)).file?
        rescue SystemCallError
          false
        end

        def unpacked_repositories(relative)
          @unpacked ||= folder?(REPOSITORIES) && TarUnpacking.new(@backup, REPOSITORIES).call(check: @check_space)
          BytePath.join(@backup.folder.path, relative)
        end
      end
    end
  end
end
