# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What lies below one of our own directories. Links are never followed.
      class Tree
        # Relative paths (binary), in no particular order.
        attr_reader :files, :directories

        # Yields each path as it comes, and its File::Stat; folders before what is in them. Raises SystemCallError.
        def initialize(root, &visit)
          @root = root.b
          @visit = visit
          @files = []
          @directories = []
          collect(nil)
        end

        def absolute(relative)
          File.join(@root, relative)
        end

        private

        def collect(directory)
          Dir.each_child(directory ? absolute(directory) : @root, encoding: Encoding::BINARY) do |name|
            path = directory ? File.join(directory, name) : name
            add(path, File.lstat(absolute(path)))
          end
        end

        def add(path, stat)
          @visit&.call(path, stat)
          if stat.directory?
            @directories << path
            collect(path)
          else
            @files << path
          end
        end
      end
    end
  end
end
