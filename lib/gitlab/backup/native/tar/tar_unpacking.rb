# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # A folder out of an outer tar, file by file. Only files and folders: repositories hold nothing else, and a link
      # could lead anywhere.
      class TarUnpacking
        # A path on Linux has 4,096 bytes at most, and ours begins with that of the folder.
        MAX_NAME_BYTES = 3000

        # FormatError for a member that no backup has.
        def self.strange(backup, name, member)
          FormatError.new("#{Printable.name(name)} in #{Printable.name(backup.path)} is a #{member.type}: nothing of " \
                          "that kind is in a backup", path: backup.path)
        end

        # backup: TarBackup; relative: the folder's name.
        def initialize(backup, relative)
          @backup = backup
          @relative = relative
        end

        # Unpacks it into the backup's TarFolder. check: whether to look for room before. Returns its absolute path.
        # Raises Error, also when there is no room.
        def call(check: true)
          check_space if check
          folder.directory(@relative)
          @backup.index.each_below(@relative) { |name, member| unpack(name, member) }
          File.join(folder.path, @relative)
        end

        private

        def folder
          @backup.folder
        end

        def unpack(name, member)
          if name.bytesize > MAX_NAME_BYTES
            raise FormatError.new("a name in #{Printable.name(@backup.path)} has #{name.bytesize} bytes: that is " \
                                  "nothing a backup has", path: @backup.path)
          end

          case member.type
          when "directory" then folder.directory(name)
          when "file" then folder.file(name, @backup.place(member))
          else raise self.class.strange(@backup, name, member)
          end
        end

        def check_space
          needed = @backup.index.repository_bytes
          free = folder.space
          return if free.nil? || free >= needed

          raise Error.new("too little room in #{folder.parent} to unpack the repositories of " \
                          "#{Printable.name(@backup.path)}: #{Units.bytes(needed)} needed, #{Units.bytes(free)} " \
                          "available: free some space there", path: folder.parent)
        end
      end
    end
  end
end
