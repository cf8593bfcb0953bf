# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # A folder whose content is exchanged as a whole while it stays itself: it may be a
      # mount point. `lost+found` and what is ours (`.gbn-…`) at its top are no content.
      class Folder
        OURS = ".gbn-"
        STAYS = "lost+found"
        # What a folder on the way may have of the mode of the one above.
        OPEN = 0o2755
        # How many names one `rm` is given.
        BATCH = 500

        # The Folder at an absolute path, there or not, whose links are followed. Raises Error.
        def self.at(path)
          new(File.realdirpath(path))
        rescue Errno::ENOENT
          return at(File.expand_path(File.readlink(path), File.dirname(path))) if File.symlink?(path)

          new(File.join(at(File.dirname(path)).path, File.basename(path).b))
        rescue SystemCallError => e
          raise Failure.of("look at", path, e)
        end

        # Absolute path, without links (binary).
        attr_reader :path

        def initialize(path)
          @path = path.b
        end

        def exist?
          File.lstat(@path).directory?
        rescue SystemCallError
          false
        end

        # Makes it, private, and what it lies in, which others may read where they may read the folder above: in
        # `public` they find more than ours. Each is owned like the folder above. Raises Error.
        def make(path = @path)
          return if File.directory?(path)

          above = File.dirname(path)
          make(above)
          Dir.mkdir(path, 0o700)
          Owner.of(above).own(path)
          File.chmod(File.stat(above).mode & OPEN, path) unless path == @path
          Durable.sync_folder(above)
        rescue SystemCallError => e
          raise Failure.of("make the folder", path, e)
        end

        # Removes the empty folder itself. Raises Error.
        def remove
          Dir.rmdir(@path)
        rescue SystemCallError => e
          raise Failure.of("remove", @path, e)
        end

        # Has all of it on its disk. Raises Error.
        def sync
          Durable.sync_tree(@path)
        end

        # Names (binary) of its content. Raises Error.
        def entries
          Dir.children(@path, encoding: Encoding::BINARY).reject { |name| name == STAYS || name.start_with?(OURS) }
        rescue SystemCallError => e
          raise Failure.of("list", @path, e)
        end

        # Moves all content into the directory `other`, within the same mount; what lies
        # there under the same name is not replaced. Durable when the call returns. Raises Error.
        def move_to(other)
          names = entries
          names.each { |name| move(name, File.join(other.path, name)) }
          [other.path, @path].each { |path| Durable.sync(path) }
        end

        # Deletes all content, whatever the depth; what is mounted below stays. Raises Error.
        def clear
          entries.each_slice(BATCH) { |names| Folder.delete(names.map { |name| File.join(@path, name) }) }
          Durable.sync(@path)
        end

        # By rm: it follows no links that are put in its way, and knows no longest path.
        def self.delete(paths)
          _, errors, status = Child.capture(["rm", "-rf", "--one-file-system", "--", *paths])
          return if status.success?

          raise Error.new("cannot remove what is in #{Printable.name(File.dirname(paths.first))}: " \
                          "#{Printable.line(errors)}", path: paths.first)
        end

        # Runs the block, which changes what is in the folder but not what it should tell about
        # itself. Raises Error.
        def keep_times
          known = attributes if exist?
          yield
          restore_attributes(known) if known
        end

        # Hash for #restore_attributes: what an extraction changes about the folder itself.
        def attributes
          stat = File.stat(@path)
          { "mode" => stat.mode & 0o7777, "uid" => stat.uid, "gid" => stat.gid,
            "mtime" => [stat.mtime.to_i, stat.mtime.nsec] }
        rescue SystemCallError => e
          raise Failure.of("look at", @path, e)
        end

        # Owner first: changing it may take mode bits away. Raises Error.
        def restore_attributes(attributes)
          uid, gid, mode, mtime = attributes.values_at("uid", "gid", "mode", "mtime")
          stat = File.stat(@path)
          File.chown(uid, gid, @path) unless [stat.uid, stat.gid] == [uid, gid]
          File.chmod(mode, @path) unless stat.mode & 0o7777 == mode
          File.utime(File.stat(@path).atime, Time.at(*mtime, :nsec), @path)
        rescue Errno::EPERM
          nil # another's folder, so the extraction could not change it either
        rescue SystemCallError => e
          raise Failure.of("restore the attributes of", @path, e)
        end

        private

        # rename(2) would replace a file without a word.
        def move(name, target)
          source = File.join(@path, name)
          raise Errno::EEXIST if File.symlink?(target) || File.exist?(target)

          File.rename(source, target)
        rescue Errno::EBUSY, Errno::EXDEV => e
          raise Error.new("cannot move #{Printable.name(source)} aside: #{Failure.plain(e)}: unmount it, " \
                          "or move it elsewhere yourself, and try again", errno: e.errno, path: source)
        rescue SystemCallError => e
          raise Failure.of("move", "#{source} to #{target}", e)
        end
      end
    end
  end
end
