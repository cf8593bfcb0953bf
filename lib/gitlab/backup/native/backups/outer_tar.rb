# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # One file out of a backup's folder, as GitLab's Rake tasks make and restore them:
      # `<id>_gitlab_backup.tar`, backup_information.yml first, then the products in the
      # order of the components, and last what the Rake tasks do not know: the other metadata
      # and our manifest, so that its checksums hold in the unpacked tar. Call it under the RunLock.
      class OuterTar
        # Room for headers and padding, per file.
        OVERHEAD = 2048
        MANIFEST = "manifest"

        # Absolute path of the tar of a BackupDirectory, whether it exists or not.
        def self.path_of(backup, base)
          File.join(base, "#{backup.id}#{BackupId::TAR_SUFFIX}")
        end

        # backup is a BackupDirectory; permissions the mode of the file.
        def initialize(backup:, base:, permissions:, workers:)
          @backup = backup
          @base = base
          @permissions = permissions
          @workers = workers
        end

        # Returns the absolute path of the file. Raises Error; leaves nothing then. Yields
        # the archive's Progress.
        def call(&block)
          check
          WorkDirectory.open(@base, backup_id: @backup.id) { |work| FinalName.give(write(work, &block), target) }
          target
        end

        # String: absolute path of the file, there or not.
        def target
          self.class.path_of(@backup, @base)
        end

        # Names at the top of the backup, in the order of the archive.
        def members
          products = Component::IDS.flat_map { |id| %W[#{id} #{id}.tar.gz] }
          [BackupInformation::YAML_NAME, *products, BackupInformation::JSON_NAME, MANIFEST]
            .select { |name| File.exist?(File.join(@backup.path, name)) }
        end

        private

        def check
          reason = objection
          raise Error.new(reason, path: @backup.path) if reason

          check_space
          check_content
        end

        def objection
          return "#{@backup.name} is incomplete: only a whole backup can be exported" if @backup.incomplete?

          information = BackupInformation::YAML_NAME
          return "#{@backup.path} has no #{information}, which the Rake tasks need" unless members.first == information

          "#{target} already exists: move it away or delete it first" if File.exist?(target) || File.symlink?(target)
        end

        def check_space
          free = FreeSpace.bytes(@base)
          return if free.nil? || free > needed

          raise Error.new("#{@base} has #{Units.bytes(free)} left, but #{target} needs #{Units.bytes(needed)}: " \
                          "free some space there", path: @base)
        rescue SystemCallError => e
          raise Failure.of("read", @backup.path, e)
        end

        # Reads all of the backup, so it comes last.
        def check_content
          damage = Integrity.new(@backup, workers: @workers).complaint
          return unless damage

          raise Error.new("backup #{@backup.name} is damaged: #{damage}; nothing was written", path: @backup.path)
        end

        def needed
          @needed ||= begin
            tree = Tree.new(@backup.path)
            tree.bytes + ((tree.files.size + tree.directories.size) * OVERHEAD)
          end
        end

        def write(work, &block)
          path = File.join(work.path, File.basename(target))
          Archive.new(root: @backup.path, target: path, manifest: File.join(work.path, "tar.msgpack"),
                      backup_id: @backup.id, members: members, compress: false, workers: @workers).run(&block)
          File.chmod(@permissions, path)
          Owner.of(@base).own(path)
          Durable.sync(path)
          path
        end
      end
    end
  end
end
