# frozen_string_literal: true

require "fileutils"
require "tmpdir"

module Gitlab
  module Backup
    module Native
      # The folder repositories are rebuilt in to be verified. Its maker holds the flock of the file
      # in it; where nobody does, he was killed, and the next one removes it.
      module VerifyFolder
        # Dir.mktmpdir adds the date, the process id and a random word.
        PREFIX = "gbn-verify-"
        NAME = /\A#{PREFIX}\d{8}-(?<pid>\d+)-\w+\z/

        # Yields the path of a new one in the folder `base`, which goes with all that is in it, and
        # returns the block's value. account: the Account it is given to later, or nil. Raises SystemCallError.
        def self.open(base, account: nil)
          clear(base, [Process.euid, account&.uid])
          Dir.mktmpdir(PREFIX, base) do |folder|
            File.open(owner(folder), File::RDWR | File::CREAT | File::EXCL, 0o600) do |file|
              file.flock(File::LOCK_EX)
              yield folder
            end
          end
        end

        # Removes those that nobody holds, of these users alone. Never raises.
        def self.clear(base, uids)
          Dir.children(base, encoding: Encoding::BINARY).grep(NAME) do |name|
            path = BytePath.join(base, name)
            stat = File.lstat(path)
            next unless stat.directory? && uids.include?(stat.uid) && abandoned?(path, name, stat)

            FileUtils.remove_entry_secure(path, true)
          end
        rescue SystemCallError, ArgumentError
          nil # another may be removing it, or everybody may write to base: nothing depends on it
        end
        private_class_method :clear

        # One that has just been made is not locked yet, hence the look at its maker.
        def self.abandoned?(path, name, stat)
          return false if PidHolder.new(name[NAME, :pid].to_i, written_at: stat.mtime).alive?

          File.open(owner(path), File::RDONLY | File::NOFOLLOW) { |file| file.flock(File::LOCK_EX | File::LOCK_NB) }
        rescue Errno::ENOENT
          true
        rescue SystemCallError
          false
        end
        private_class_method :abandoned?

        def self.owner(folder)
          File.join(folder, WorkDirectory::OWNER_NAME)
        end
        private_class_method :owner
      end
    end
  end
end
