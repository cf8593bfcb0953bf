# frozen_string_literal: true

require "fileutils"
require "securerandom"

module Gitlab
  module Backup
    module Native
      # Puts what was extracted where it belongs: first everything into a private folder beside it, then one entry after
      # another to its place. What is there already stays, unless it is to be overwritten; folders are joined.
      class Placement
        PREFIX = ".gbn-extract-"
        # Answers of file systems that have no hard links.
        LINKLESS = [Errno::EPERM, Errno::EOPNOTSUPP, Errno::EMLINK].freeze

        # directory: existing folder. Yields a Placement whose folder is gone when the block is left. Raises Error.
        def self.open(directory, overwrite:)
          staging = File.join(directory.b, "#{PREFIX}#{SecureRandom.alphanumeric(12).downcase}")
          Dir.mkdir(staging, 0o700)
          yield new(directory, staging, overwrite: overwrite)
        rescue SystemCallError => e
          raise Failure.of("extract into", directory, e)
        ensure
          remove(staging) if staging
        end

        # Folders may have come without the right to look into them. Whatever else happened, this is told besides.
        def self.remove(staging)
          remove_now(staging)
        rescue SystemCallError
          folder, name = File.split(staging)
          Child.start(["chmod", "-R", "u+rwX", "--", name], chdir: folder, &:wait)
          begin
            remove_now(staging)
          rescue SystemCallError => e
            warn("#{Failure.of("remove", staging, e).message}: remove it by hand")
          end
        end

        def self.remove_now(staging)
          FileUtils.remove_entry(staging)
        rescue Errno::ENOENT
          nil
        end
        private_class_method :remove, :remove_now

        # String: the folder to extract into.
        attr_reader :staging
        # Strings: paths (binary) of what is there and kept others from their place.
        attr_reader :refused

        def initialize(directory, staging, overwrite:)
          @directory = directory.b
          @staging = staging
          @overwrite = overwrite
          @refused = []
        end

        # Puts the member `path` ("a/b", "" for all there is) where it belongs. Returns false if it was not extracted.
        # Raises SystemCallError.
        def place(path)
          return false unless there(File.join(@staging, path))
          return place_content("") if path.empty?

          obstacle = make_parents(path)
          obstacle ? @refused << obstacle : move(path)
          true
        end

        private

        def place_content(path)
          prefix = path.empty? ? path : "#{path}/"
          Dir.children(File.join(@staging, path), encoding: Encoding::BINARY).sort.each { |name| move("#{prefix}#{name}") }
          true
        end

        # As whoever calls us would have made them; the archive's own modes are those of what was asked for. Returns the
        # first that is something else, if one is.
        def make_parents(path)
          names = path.split("/")[..-2]
          parents = names.each_index.map { |i| names[..i].join("/") }
          parents.find do |parent|
            absolute = File.join(@directory, parent)
            !make_folder(absolute) && !there(absolute)&.directory?
          end
        end

        def make_folder(path)
          Dir.mkdir(path)
        rescue Errno::EEXIST
          nil
        end

        def move(path)
          found = there(File.join(@directory, path))
          folder = File.lstat(File.join(@staging, path)).directory?
          return move_folder(path) if folder && found.nil?
          return accessible(File.join(@staging, path)) { place_content(path) } if folder && found.directory?

          move_file(path, found) unless folder
          @refused << path if folder
        end

        # A folder that goes to another parent has to be writable itself.
        def move_folder(path)
          target = File.join(@directory, path)
          mode = File.lstat(File.join(@staging, path)).mode & 0o7777
          accessible(File.join(@staging, path)) { File.rename(File.join(@staging, path), target) }
          File.chmod(mode, target) unless mode.allbits?(0o700)
        end

        def accessible(path)
          mode = File.lstat(path).mode & 0o7777
          File.chmod(mode | 0o700, path) unless mode.allbits?(0o700)
          yield
        end

        def move_file(path, found)
          source, target = [@staging, @directory].map { |folder| File.join(folder, path) }
          return @refused << path if found && (!@overwrite || found.directory?)

          @overwrite ? File.rename(source, target) : add(source, target)
        rescue Errno::EEXIST
          @refused << path
        end

        # A rename would replace what has come there meanwhile.
        def add(source, target)
          File.link(source, target)
          File.unlink(source)
        rescue *LINKLESS
          File.rename(source, target)
        end

        def there(path)
          File.lstat(path)
        rescue Errno::ENOENT, Errno::ENOTDIR
          nil
        end
      end
    end
  end
end
