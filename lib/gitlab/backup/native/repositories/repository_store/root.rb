# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class RepositoryStore
        # The folder of a backup's repositories; no path and no link leads out of it.
        class Root
          # path: absolute
          def initialize(path)
            @path = path.b
          end

          # String: absolute path (binary)
          attr_reader :path

          # Absolute path of a file in it, which need not be there. Raises Error for one outside.
          def resolve(relative)
            return BytePath.join(@path, relative) if plain?(relative) && beneath?(BytePath.join(@path, relative))

            raise Error.new("#{Printable.name(relative)} lies outside of the backup's folder of repositories",
                            status: :repository)
          end

          # Content of a file of at most `limit` bytes, binary. Raises Error, status :repository.
          def read(relative, limit:)
            content = bytes(resolve(relative), limit + 1) { raise no_file(relative) }
            return content || +"" if content.to_s.bytesize <= limit

            raise Error.new("#{Printable.name(relative)} has more than #{limit} bytes", status: :repository)
          rescue Errno::ENOENT, Errno::ENOTDIR
            raise Error.new("#{Printable.name(relative)} doesn't exist", status: :repository)
          rescue SystemCallError => e
            raise Error.new("#{Printable.name(relative)}: #{Failure.plain(e)}", status: :repository)
          end

          # Sorted names in a folder of it, none when there is no such folder. Raises Error.
          def children(relative)
            Dir.children(BytePath.join(@path, relative), encoding: Encoding::BINARY).sort
          rescue Errno::ENOENT, Errno::ENOTDIR
            []
          rescue SystemCallError => e
            raise Failure.of("read", BytePath.join(@path, relative), e)
          end

          # False for a link.
          def directory?(relative)
            File.lstat(BytePath.join(@path, relative)).directory?
          rescue SystemCallError
            false
          end

          # False for a link.
          def file?(relative)
            File.lstat(BytePath.join(@path, relative)).file?
          rescue SystemCallError
            false
          end

          # Time of the last change, the epoch for what cannot be looked at.
          def mtime(relative)
            File.lstat(BytePath.join(@path, relative)).mtime
          rescue SystemCallError
            Time.at(0)
          end

          private

          # Yields instead when it is no plain file: a FIFO would be waited for, a device might never end.
          def bytes(path, length)
            File.open(path, File::RDONLY | File::BINARY | File::NONBLOCK | File::NOCTTY) do |file|
              file.stat.file? ? file.read(length) : yield
            end
          end

          def no_file(relative)
            Error.new("#{Printable.name(relative)} is no plain file", status: :repository)
          end

          def plain?(relative)
            !relative.empty? && !relative.start_with?("/") && !relative.include?("\0") &&
              !relative.split("/").include?("..")
          end

          def beneath?(absolute)
            File.realpath(absolute).b.start_with?("#{real_path}/")
          rescue Errno::ENOENT, Errno::ENOTDIR
            !File.symlink?(absolute) # what is not there is nowhere else
          rescue SystemCallError
            false
          end

          def real_path
            @real_path ||= File.realpath(@path).b
          end
        end
      end
    end
  end
end
