# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # One backup, restore or deletion at a time.
      #
      # An flock on `<Rails root>/tmp/backup_restore.lock`, held all the time and never
      # deleted, keeps our own runs apart; the PID file beside it tells GitLab's tasks.
      # Where that folder is not writable for us the lock lies in the backup path.
      class RunLock
        NAME = "backup_restore.lock"
        FALLBACK_NAME = ".gbn-#{NAME}".freeze
        REFUSED = [Errno::EACCES, Errno::EPERM, Errno::EROFS, Errno::ENOENT, Errno::ENOTDIR,
                   Errno::EEXIST, Errno::ELOOP].freeze

        UNSEEN = "GitLab's own backup tasks will not see this run"

        # Runs the block under the lock; returns its value. `reporter` gets lines about
        # what is unusual; stale, if given, is called with the two about a process id that
        # was left over. Raises Busy when somebody else has the lock; does not wait.
        def self.hold(instance:, reporter:, stale: nil, &block)
          lock = new(instance: instance, reporter: reporter, stale: stale)
          Signals.holding(open: -> { lock.tap(&:take) }, close: :release.to_proc) { block.call }
        end

        def initialize(instance:, reporter:, stale: nil)
          @stale = stale || ->(*lines) { reporter.warning(lines.join(" ")) }
          @folder = File.join(instance.root, "tmp")
          @backup_path = instance.backup_path
          @reporter = reporter
          @pid_file = PidFile.new(File.join(@folder, PidFile::NAME))
        end

        # Raises Error (Busy when it is somebody else's), and then holds nothing.
        def take
          @file = open_file
          lock
          write_pid
        rescue StandardError
          @file&.close
          raise
        end

        # Never raises.
        def release
          @pid_file.release unless @fallback
          @file.close
        end

        private

        def open_file
          make_folder unless File.exist?(@folder)
          open_lock(File.join(@folder, NAME))
        rescue *REFUSED => e
          @fallback = File.join(@backup_path, FALLBACK_NAME)
          @reporter.warning("#{@folder} cannot be used for the lock (#{Failure.plain(e)}), so it is #{@fallback}; " \
                            "#{UNSEEN}")
          open_fallback
        end

        def make_folder
          Dir.mkdir(@folder, 0o755)
          Owner.of(File.dirname(@folder)).own(@folder)
        end

        def open_fallback
          open_lock(@fallback)
        rescue SystemCallError => e
          raise Failure.of("open the lock file", @fallback, e)
        end

        # flock needs no more than reading, so a file that another user made will do.
        def open_lock(path)
          File.open(path, File::RDWR | File::CREAT | File::NOFOLLOW, 0o644).tap do |file|
            Owner.of(File.dirname(path)).share(file)
          end
        rescue Errno::EACCES
          File.open(path, File::RDONLY | File::NOFOLLOW)
        end

        def lock
          return if @file.flock(File::LOCK_EX | File::LOCK_NB)

          pid = @pid_file.pid
          raise Busy.new("a backup or restore is already running#{" (PID #{pid})" if pid}; " \
                         "try again when it has ended (it holds #{@file.path})", pid: pid, path: @file.path)
        end

        def write_pid
          return @pid_file.check if @fallback

          @pid_file.take(&@stale)
        rescue *REFUSED => e
          @pid_file.check
          @reporter.warning("#{@pid_file.path} cannot be written (#{Failure.plain(e)}); #{UNSEEN}")
        rescue SystemCallError => e
          raise Failure.of("write", @pid_file.path, e)
        end
      end
    end
  end
end
