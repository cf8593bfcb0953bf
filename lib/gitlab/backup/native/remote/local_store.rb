# frozen_string_literal: true

require "fileutils"

module Gitlab
  module Backup
    module Native
      module Remote
        # The provider Local: a folder, mostly one that is mounted. fog's own writes the file in its
        # place and never syncs it; here it is under its name when it is whole and on the disk.
        class LocalStore
          # Raises Error when local_root is not set.
          def initialize(settings)
            @settings = settings
            @root = settings.connection[:local_root].to_s
            settings.refuse("connection.local_root is not set", "write the folder archives go to") if @root.empty?
          end

          # String: absolute path of what lies under that key
          def path(key)
            File.join(File.expand_path(@root), @settings.required_directory, key)
          end

          # Raises Error if an upload of the archive at `path` would write over that archive.
          def check(path, key)
            return unless File.identical?(File.dirname(path), File.dirname(path(key)))

            @settings.refuse("connection.local_root with remote_directory is the folder of backups itself " \
                             "(#{File.dirname(path)})", "the upload would destroy the archive: choose another folder")
          end

          # file: open File; its folder is made. Returns nil. Raises Error.
          def put(file, key)
            check(file.path, key)
            FileUtils.mkdir_p(File.dirname(path(key)))
            Arrival.at(path(key), mode: file.stat.mode & 0o777, size: file.size) { |copy| IO.copy_stream(file, copy) }
            nil
          rescue SystemCallError => e
            raise Failure.of("write", path(key), e)
          end

          # Returns the file's Integer size, nil when there is none.
          def size(key)
            File.size(path(key))
          rescue Errno::ENOENT
            nil
          end

          # Writes its content to an IO.
          def copy(key, target)
            IO.copy_stream(path(key), target)
          end
        end
      end
    end
  end
end
