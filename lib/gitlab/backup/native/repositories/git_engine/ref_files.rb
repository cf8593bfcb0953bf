# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitEngine
        # The refs of a repository, read from its files as git reads them: first those
        # with a file of their own, which win, then `packed-refs`, which has those whose
        # file was packed meanwhile.
        #
        # It saves a process of git per repository, and so knows only what is plain. A
        # symbolic ref, a link, a file cut off by a crash, a strange name, very many:
        # all of that is git's to judge.
        class RefFiles
          # Read at a time, lest memory follows the number of refs.
          LOOSE = 2000
          PACKED = 4 << 20

          ID = /\A[0-9a-f]{40}\n\z/n
          # Part of git-check-ref-format(1); what else it refuses, git does not write.
          STRANGE = /[\x00-\x20\x7F~^:?*\[\\]|\.\.|@\{|\.\z/n
          HEADER = "# pack-refs with: "
          PACKED_LINE = %r{\A[0-9a-f]{40} refs/.+\n\z}n

          # directory: absolute path of the repository
          def initialize(directory)
            @directory = directory.b
          end

          # Returns ["<id> <name>\n"], binary, in the order of the names; nil if it is
          # for git to list them. Raises SystemCallError.
          def lines
            @refs = {}
            catch(:not_plain) do
              read_folder("refs")
              read_packed.merge(@refs).sort.map { |name, id| "#{id} #{name}\n" }
            end
          end

          private

          def read_folder(folder)
            Dir.each_child(File.join(@directory, folder), encoding: Encoding::BINARY) do |name|
              next if name.start_with?(".") || name.end_with?(".lock")

              read_entry(File.join(folder, name))
            end
          rescue Errno::ENOENT, Errno::ENOTDIR
            raise if folder == "refs" # git removes folders that have become empty
          end

          def read_entry(name)
            throw :not_plain if STRANGE.match?(name) || @refs.size > LOOSE

            stat = File.lstat(path = File.join(@directory, name))
            return read_folder(name) if stat.directory?

            id = stat.file? && File.binread(path, 100)
            throw :not_plain unless id && ID.match?(id)

            @refs[name] = id.chomp
          rescue Errno::ENOENT, Errno::ENOTDIR
            nil # deleted, or packed, while we looked
          end

          def read_packed
            path = File.join(@directory, "packed-refs")
            throw :not_plain if File.lstat(path).then { |stat| !stat.file? || stat.size > PACKED }

            File.open(path, "rb") { |file| parse(file) }
          rescue Errno::ENOENT
            {}
          end

          # A line "^<id>" says what the tag above it points to.
          def parse(file)
            file.each_line.with_object({}) do |line, refs|
              next if line.start_with?("^") || (file.lineno == 1 && line.start_with?(HEADER))

              name = line.byteslice(41..-2)
              throw :not_plain if !PACKED_LINE.match?(line) || STRANGE.match?(name)
              refs[name] = line.byteslice(0, 40)
            end
          end
        end
      end
    end
  end
end
