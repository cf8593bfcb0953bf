# frozen_string_literal: true

require "fileutils"

module Gitlab
  module Backup
    module Native
      class GitRestore
        # Folders of a storage, each made like the one it is in. All raise SystemCallError.
        class Folders
          def initialize
            @lock = Mutex.new
          end

          # Makes the folder and those above it; owner and mode follow from above, which must be
          # ready by then. One that is there is left alone.
          def make(path)
            @lock.synchronize { make_below(path) }
          end

          # Deletes whatever is there, if anything.
          def remove(path)
            FileUtils.remove_entry(path)
          rescue Errno::ENOENT
            nil
          end

          # True if anything is there; links are not followed.
          def exist?(path)
            File.lstat(path)
            true
          rescue Errno::ENOENT, Errno::ENOTDIR
            false
          end

          # Yields the path, relative to `root`, of each entry below it whose name ends in
          # `ending`, and looks no deeper there.
          def each(root, ending, folder = nil, &block)
            Dir.children(folder ? File.join(root, folder) : root, encoding: Encoding::BINARY).each do |name|
              relative = folder ? File.join(folder, name) : name
              name.end_with?(ending) ? yield(relative) : each(root, ending, relative, &block)
            end
          rescue Errno::ENOENT
            nil
          end

          private

          def make_below(path)
            Dir.mkdir(path, 0o700)
            parent = File.stat(File.dirname(path))
            Owner.new(parent.uid, parent.gid).own(path)
            File.chmod(parent.mode & 0o7777, path)
          rescue Errno::EEXIST
            nil
          rescue Errno::ENOENT
            make_below(File.dirname(path))
            retry
          end
        end
      end
    end
  end
end
