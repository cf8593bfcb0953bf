# frozen_string_literal: true

require "etc"

module Gitlab
  module Backup
    module Native
      # What lies in a folder of a backup, as if it were an archive with a manifest: for components that are no archive.
      class DiskEntries
        TYPES = { "file" => "file", "directory" => "directory", "link" => "symlink", "fifo" => "fifo",
                  "characterSpecial" => "character", "blockSpecial" => "block" }.freeze

        # root: absolute path.
        def initialize(root)
          @root = root.b
          @names = {}
        end

        # Yields Manifest::Entry in walk order, without digests. paths as of Manifest#each_entry. Raises Error.
        def each_entry(paths: nil, &block)
          return enum_for(:each_entry, paths: paths) unless block

          walk("") { |entry| yield entry if entry.within?(paths) }
        rescue SystemCallError => e
          raise Failure.of("read", @root, e)
        end

        private

        def walk(path, &block)
          entry = entry(path)
          yield entry
          return unless entry.directory?

          Dir.children(absolute(path), encoding: Encoding::BINARY).sort.each do |name|
            walk(path.empty? ? name : "#{path}/#{name}", &block)
          end
        end

        def absolute(path)
          path.empty? ? @root : "#{@root}/#{path}"
        end

        def entry(path)
          stat = File.lstat(absolute(path))
          link = File.readlink(absolute(path)).b if stat.symlink?
          size = stat.file? ? stat.size : 0
          Manifest::Entry.new(path, TYPES[stat.ftype], stat.mode & 0o7777, nanoseconds(stat), size, nil,
                              stat.uid, stat.gid, name(:getpwuid, stat.uid), name(:getgrgid, stat.gid), link)
        end

        def nanoseconds(stat)
          (stat.mtime.to_i * 1_000_000_000) + stat.mtime.nsec
        end

        def name(call, number)
          @names.fetch([call, number]) { |key| @names[key] = look_up(call, number) }
        end

        def look_up(call, number)
          Etc.public_send(call, number).name
        rescue ArgumentError
          nil
        end
      end
    end
  end
end
