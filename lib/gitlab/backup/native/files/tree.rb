# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What lies below one of our own directories. Links are never followed.
      class Tree
        # Yields the relative path (binary) of all that lies below `root`, in no particular order, and its File::Stat;
        # folders before what is in them. Raises SystemCallError.
        def self.each(root, folder = nil, &visit)
          Dir.each_child(folder ? File.join(root.b, folder) : root, encoding: Encoding::BINARY) do |name|
            path = folder ? File.join(folder, name) : name
            stat = File.lstat(File.join(root.b, path))
            yield path, stat
            each(root, path, &visit) if stat.directory?
          end
        end

        # What .each yields: relative paths
        attr_reader :files, :directories
        # Integer: of all files
        attr_reader :bytes

        # Yields, raises as .each.
        def initialize(root)
          @root = root.b
          @files = []
          @directories = []
          @bytes = 0
          Tree.each(@root) do |path, stat|
            yield path, stat if block_given?
            next @directories << path if stat.directory?

            @files << path
            @bytes += stat.size
          end
        end

        # Absolute path (binary) of what .each has yielded.
        def absolute(relative)
          File.join(@root, relative)
        end
      end
    end
  end
end
