# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The folder a component is restored into, before anything is touched.
      class RestoreTarget
        # folder: Folder.
        def initialize(folder)
          @folder = folder
        end

        # Its path, to be shown.
        def to_s
          Printable.name(path)
        end

        # Raises Error when its content could not be moved aside, or none be written to it.
        def check
          check_kind
          check_writable(existing)
          check_mounts if @folder.exist?
        rescue SystemCallError => e
          raise Failure.of("look at", path, e)
        end

        # Absolute path of the folder, or of what is there of those it will lie in.
        def existing
          found = path
          found = File.dirname(found) until File.exist?(found)
          found
        end

        private

        def path
          @folder.path
        end

        def check_kind
          return if File.directory?(path) || !File.exist?(path)

          raise Error.new("#{self} is not a directory: move it away, or set the component's path in gitlab.yml right",
                          path: path)
        end

        def check_writable(directory)
          return if File.writable?(directory)

          raise Error.new("#{Printable.name(directory)} is not writable: run it as root or as the user with the id " \
                          "#{File.stat(directory).uid}", path: directory)
        end

        # At its top only: what is mounted deeper moves along.
        def check_mounts
          device = File.stat(path).dev
          mount = @folder.entries.find { |name| File.lstat(File.join(path, name)).dev != device }
          return unless mount

          raise Error.new("#{Printable.name(mount)} in #{self} is a mount point, which cannot be moved aside: " \
                          "unmount it for the restore", path: path)
        end
      end
    end
  end
end
