# frozen_string_literal: true

require "digest"

module Gitlab
  module Backup
    module Native
      # The outer tar while it is written, in place: each member's header first, then its content, at last the size
      # into the header. Nothing of a backup is ever on the disk twice.
      #
      # What fails is cut off again, so that the file always ends behind a whole member.
      class TarContainer
        # GNU tar writes whole records of 20 blocks.
        RECORD = 20 * TarHeader::BLOCK
        FILE_MODE = 0o600
        DIRECTORY_MODE = 0o700

        # Makes the file, which must not exist, and yields a TarContainer that writes to it. owner: the Owner of the
        # file, and of all in it. Returns the block's value. Raises Error.
        def self.open(path, owner:)
          file = File.open(path, File::RDWR | File::CREAT | File::EXCL, FILE_MODE)
          file.binmode.sync = true
          owner.own_file(file)
          yield new(file, path, owner)
        rescue SystemCallError => e
          raise Failure.of("write", path, e)
        ensure
          file&.close
        end

        # String: where it is written. Hash: {name (binary) => SHA-256 in hexadecimal} of the files in it.
        attr_reader :path, :sums

        def initialize(file, path, owner)
          @file = file
          @path = path
          @owner = owner
          @sums = {}
          @folders = {}
          @room = {}
        end

        # Adds a file with this content. Raises Error.
        def add(name, bytes)
          start = @file.size
          member(name) do
            append(bytes)
            Digest::SHA256.hexdigest(bytes)
          end
          @room[name] = start...@file.size
        end

        # Gives a file of #add other content, for which the blocks it has must do. Empty lines fill those that are left
        # over. Raises Error.
        def update(name, bytes)
          head = header(name).bytesize
          room = @room.fetch(name).size - head
          raise Error.new("#{name} has become too long for its place in #{@path}", path: @path) if bytes.bytesize > room

          content = bytes.b.ljust(room - TarHeader::BLOCK + 1, "\n")
          @file.pwrite(header(name, content.bytesize) + content.ljust(room, "\0"), @room.fetch(name).begin)
          @sums[name.b] = Digest::SHA256.hexdigest(content)
        end

        # Adds a file that the block appends to the IO it gets, which stands at its end. Returns the block's value, a
        # Product or what else answers #sha256. When the block raises, the file is cut off again. Raises Error.
        def product(name)
          whole do
            made = nil
            member(name) { (made = yield(@file)).sha256 }
            made
          end
        end

        # Moves all files of the directory into the folder `name`. Raises Error, and has lost what was moved by then.
        def tree(name, directory)
          tree = Tree.new(directory)
          whole do
            folder(name)
            # A folder is followed at once by what is in it: "a/b" comes before "a.b".
            (tree.directories + tree.files).sort_by { |path| path.tr("/", "\0") }
                                           .each { |path| move(File.join(name, path), tree.absolute(path)) }
          end
        end

        # Returns the block's value; when it raises, what was added meanwhile is cut off again.
        def whole
          start = [@file.size, @sums.size, @folders.size]
          yield.tap { start = nil }
        ensure
          cut(*start) if start
        end

        # Ends the archive: its closing blocks, its mode, and all of it on the disk. Raises Error.
        def finish(permissions:)
          append("\0" * (2 * TarHeader::BLOCK))
          append("\0" * (-@file.size % RECORD))
          @file.chmod(permissions)
          @file.fsync && @file.advise(:dontneed) # the page cache is the server's
        end

        private

        def move(name, path)
          stat = File.lstat(path)
          return folder(name) if stat.directory?
          raise Error.new("#{Printable.name(path)} is no regular file", path: path) unless stat.file?

          member(name, mtime: stat.mtime) { Relocation.append(path, @file).last }
        end

        # The header is written twice: before the content, and when its size is known. The block returns the SHA-256.
        def member(name, mtime: Time.now)
          folder(File.dirname(name)) if name.include?("/")
          start = append(header(name, mtime: mtime))
          content = @file.size
          sum = yield
          size = @file.size - content
          append("\0" * TarHeader.padding(size))
          @file.pwrite(header(name, size, mtime: mtime), start)
          @sums[name.b] = sum
        end

        # Once for each, the folders it lies in before it.
        def folder(name)
          return if @folders.key?(name.b)

          folder(File.dirname(name)) if name.include?("/")
          append(header("#{name}/", type: :directory, mode: DIRECTORY_MODE))
          @folders[name.b] = true
        end

        def header(name, size = 0, type: :file, mode: FILE_MODE, mtime: Time.now)
          TarHeader.bytes(name: name, size: size, type: type, mode: mode, mtime: mtime, owner: @owner)
        end

        # Returns where the bytes begin. The position stays at the end: programs that are given the file write there.
        def append(bytes)
          @file.seek(0, IO::SEEK_END).then { @file.pos }.tap { @file.write(bytes) }
        end

        def cut(size, sums, folders)
          @file.truncate(size)
          @sums = @sums.first(sums).to_h
          @folders = @folders.first(folders).to_h
        end
      end
    end
  end
end
