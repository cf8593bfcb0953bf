# frozen_string_literal: true

require_relative "../extension"
require_relative "crew"

module Gitlab
  module Backup
    module Native
      # Small files written whole, and what makes them outlast a power failure.
      module Durable
        # How many fsyncs wait for the disk side by side; it merges them.
        THREADS = 16
        # Names in memory at a time, of however many there are.
        BATCH = 1000

        # Writes `content` to a new private file and syncs it. Raises Error.
        def self.write(path, content)
          File.open(path, File::WRONLY | File::CREAT | File::EXCL, 0o600) do |file|
            file.binmode
            file.write(content)
            file.fsync
          end
        rescue SystemCallError => e
          raise Failure.of("write", path, e)
        end

        # Syncs a file or a directory. Raises Error.
        def self.sync(path)
          File.open(path, File::RDONLY | File::NOFOLLOW, &:fsync)
        rescue SystemCallError => e
          raise Failure.of("sync", path, e)
        end

        # Syncs the folder that a name was made in. It may be a link: the backup path is one on many machines.
        # Raises Error.
        def self.sync_folder(path)
          File.open(path, File::RDONLY, &:fsync)
        rescue SystemCallError => e
          raise Failure.of("sync", path, e)
        end

        # Syncs many. Raises the first Error, also when not one thread could be started; blocks until all threads are
        # done.
        def self.sync_all(paths)
          queue = Queue.new
          paths.each { |path| queue << path }
          threads = Crew.start([THREADS, paths.size].min) { drain(queue) }
          error = threads.filter_map(&:value).first
          raise error if error
        end

        # Has all that was written to the file system of `file`, an open File, since that was opened
        # on its disk at once, whoever wrote it. Returns true; false if it is not known to be there: then each file is
        # to be synced by itself, which also says what is wrong with it. Blocks till then; no
        # interruption ends it. Raises Error.
        def self.sync_file_system(file)
          _sync_file_system(file.fileno)
        end

        # Has a folder and all that lies below it on its disk, so that what it replaces may be deleted. Blocks till
        # then. Raises Error.
        def self.sync_tree(path)
          return if File.open(path) { |folder| sync_file_system(folder) }

          sync_below(path)
          sync_folder(path)
        rescue SystemCallError => e
          raise Failure.of("sync", path, e)
        end

        # Syncs all files and folders below a folder one by one. Blocks; raises Error or SystemCallError.
        def self.sync_below(path)
          batch = []
          Tree.each(path) do |relative, stat|
            batch << File.join(path.b, relative) if stat.file? || stat.directory?
            sync_all(batch.shift(BATCH)) if batch.size == BATCH
          end
          sync_all(batch)
        end

        # Syncs a folder, and those above it as far as `root`. Raises Error.
        def self.sync_way(root, path)
          sync_folder(path)
          sync_way(root, File.dirname(path)) unless path == root
        end

        def self.drain(queue)
          sync(queue.pop(true)) until queue.empty?
        rescue ThreadError
          nil # another thread took the last one
        rescue Error => e
          queue.clear
          e
        end
        private_class_method :drain
      end
    end
  end
end
