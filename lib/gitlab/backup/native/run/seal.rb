# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The last work on a backup before it gets its name: private modes, one owner, a
      # checksum for every file, and all of it on the disk.
      class Seal
        # So many files and folders are on the disk sooner if all of its file system is brought there, for
        # which one may have to wait until others' data are there, too.
        MANY = 500

        # `sums` are the SHA-256 already known, {relative path => hex}; opened: a File in the
        # directory, open since before there was anything else in it, or nil; list: false for products
        # that belong to no backup, and get no checksums.
        def initialize(directory, owner:, workers:, sums: {}, opened: nil, list: true)
          @directory = directory
          @opened = opened
          @owner = owner
          @workers = workers
          @sums = sums.transform_keys(&:b)
          @list = list
        end

        # Raises Error. Blocks for as long as the disk takes.
        def call
          @tree = Tree.new(@directory) { |path, stat| make_private(path, stat) }
          @synced = sync_at_once
          @list ? write_checksums : sync(@tree.files)
          sync(@tree.directories)
          Durable.sync(@directory)
        rescue SystemCallError => e
          raise Failure.of("finish the backup in", @directory, e)
        end

        private

        def make_private(path, stat)
          mode = stat.directory? ? 0o700 : 0o600
          absolute = File.join(@directory.b, path)
          @owner.own(absolute) unless @owner.owns?(stat)
          File.chmod(mode, absolute) unless stat.symlink? || stat.mode & 0o777 == mode
        end

        # Those that failed to be written meanwhile, ours or not, are for fsync to find.
        def sync_at_once
          return false unless @opened && @tree.files.size + @tree.directories.size > MANY

          Durable.sync_file_system(@opened)
        end

        def sync(paths)
          Durable.sync_all(paths.map { |path| @tree.absolute(path) }) unless @synced
        end

        def write_checksums
          path = File.join(@directory, Checksums::NAME)
          Durable.write(path, Checksums.text(all_sums))
          @owner.own(path)
          [path, File.dirname(path)].each { |name| Durable.sync(name) }
        end

        def all_sums
          listed = @tree.files - [WorkDirectory::OWNER_NAME.b]
          known, unknown = listed.partition { |path| @sums.key?(path) }
          sync(known)
          forget(known)
          known.to_h { |path| [path, @sums.fetch(path)] }.merge(digests(unknown))
        end

        # They were not on the disk yet when they were hashed.
        def forget(paths)
          paths.each { |path| File.open(@tree.absolute(path), File::RDONLY | File::NOFOLLOW) { |file| file.advise(:dontneed) } }
        end

        def digests(paths)
          return {} if paths.empty?

          absolute = paths.to_h { |path| [path, @tree.absolute(path)] }
          found = Digests.of(absolute.values, workers: @workers, sync: !@synced, drop: true)
          absolute.transform_values { |path| found.fetch(path) }
        end
      end
    end
  end
end
