# frozen_string_literal: true

require "json"
require "securerandom"

module Gitlab
  module Backup
    module Native
      # The folder in which a backup grows until it gets its name.
      #
      # `backup<date>-<pid>-<random>` in the backup path, private, with an `.owner` file
      # whose flock this process holds for as long as the folder is in use: a folder
      # with an `.owner` that nobody holds was left over by a run that was killed.
      class WorkDirectory
        PREFIX = "backup"
        OWNER_NAME = ".owner"
        TOOL = "gitlab-backup-native"
        ATTEMPTS = 10

        # Runs the block with a new work directory; what is not published by then is
        # removed, however the block ends. Raises Error when it cannot be made.
        def self.open(base, backup_id:, &block)
          Signals.holding(open: -> { create(base, backup_id: backup_id) }, close: :remove.to_proc, &block)
        end

        # As .open, for those who call #remove themselves. prefix: see Leftovers.
        def self.create(base, backup_id:, prefix: PREFIX)
          ATTEMPTS.times do
            directory = new(base, backup_id: backup_id, prefix: prefix)
            return directory if directory.make
          end
          raise Error.new("cannot make a work directory in #{base}: each was removed at once: stop what does that",
                          path: base)
        end

        # String: absolute path, until the folder is published.
        attr_reader :path

        # File: open in the folder since before anything else was in there.
        attr_reader :owner_file

        def initialize(base, backup_id:, prefix: PREFIX)
          @base = base
          @backup_id = backup_id
          random = SecureRandom.alphanumeric(6).downcase
          @path = File.join(base, "#{prefix}#{Time.now.utc.strftime("%Y%m%d")}-#{Process.pid}-#{random}")
        end

        # True if the folder is ours; false if the name was taken, or somebody removed it. Raises Error.
        def make
          make_folder && claim(Owner.of(@base))
        end

        # Gives the folder its name, which must be free. Raises Error.
        #
        # rename(2) replaces an empty directory only, so nothing can be lost in the
        # moment between the look and the rename.
        def publish(name)
          target = File.join(@base, name)
          raise taken(target) if File.symlink?(target) || File.exist?(target)

          Signals.defer { rename(target) }
          target
        end

        # Removes what was not published. Never raises.
        def remove
          Removal.new(@base).call(File.basename(@path)) unless @published
        rescue SystemCallError, Error
          nil # the next run clears it
        ensure
          @owner_file&.close
        end

        private

        def make_folder
          Dir.mkdir(@path, 0o700)
        rescue Errno::EEXIST
          false
        rescue SystemCallError => e
          raise Failure.of("make the work directory", @path, e)
        end

        # A run that clears leftovers could have taken the flock first, and the folder with it.
        def claim(owner)
          owner.own(@path)
          @owner_file = File.open(owner_path, File::RDWR | File::CREAT | File::EXCL, 0o600)
          @owner_file.flock(File::LOCK_EX)
          @owner_file.write(JSON.generate(tool: TOOL, pid: Process.pid, backup_id: @backup_id,
                                          started_at: Time.now.utc.to_i))
          @owner_file.flush
          owner.own_file(@owner_file)
          File.stat(owner_path).ino == @owner_file.stat.ino
        rescue Errno::ENOENT
          false
        rescue SystemCallError => e
          abandon
          raise Failure.of("make the work directory", @path, e)
        end

        def abandon
          @owner_file&.close
          File.unlink(owner_path) if File.exist?(owner_path)
          Dir.rmdir(@path)
        rescue SystemCallError
          nil
        end

        def taken(target)
          Error.new("#{target} already exists: choose another --backup-id, or delete it first", path: target)
        end

        def owner_path
          File.join(@path, OWNER_NAME)
        end

        # The other way round a crash in between would leave a folder without an owner.
        def rename(target)
          File.rename(@path, target)
          @published = true
          File.unlink(File.join(target, OWNER_NAME))
          Durable.sync(target)
          Durable.sync_folder(@base)
        rescue SystemCallError => e
          raise Failure.of("publish", target, e)
        end
      end
    end
  end
end
