# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # GitLab's own sign that a backup or restore is running: a file with a process
      # id. Its flock is held for moments only, as GitLab waits for it without limit.
      class PidFile
        NAME = "backup_restore.pid"
        # Links are not followed: the folder belongs to the GitLab user, and we may be root.
        FLAGS = File::RDWR | File::NOFOLLOW
        LOCK_SECONDS = 10

        def initialize(path)
          @path = path
        end

        # Absolute path
        attr_reader :path

        # Writes our process id. Yields two lines about a stale id that was found. Raises
        # Busy when the process named in the file lives; blocks for LOCK_SECONDS at most.
        def take(&notice)
          locked(File::CREAT) do |file|
            judge(file.read, written_at: file.mtime, &notice)
            Owner.of(File.dirname(@path)).share(file)
            rewrite(file, Process.pid.to_s)
          end
        end

        # Raises Busy when the process named in the file lives; writes nothing.
        def check
          judge(File.read(@path, mode: "rb"), written_at: File.mtime(@path)) { nil }
        rescue SystemCallError
          nil # none, or not ours to read
        end

        # Removes the file if it still holds our process id. Never raises.
        def release
          locked(0) { |file| File.unlink(@path) if file.read.strip == Process.pid.to_s }
        rescue SystemCallError, Error
          nil
        end

        # Integer process id in the file, or nil.
        def pid
          Integer(File.read(@path, mode: "rb").strip, 10, exception: false)
        rescue SystemCallError
          nil
        end

        private

        def locked(flags)
          File.open(@path, FLAGS | flags, 0o644) do |file|
            wait_for_lock(file)
            yield file
          end
        end

        def wait_for_lock(file)
          deadline = now + LOCK_SECONDS
          until file.flock(File::LOCK_EX | File::LOCK_NB)
            raise Error.new("another process keeps #{@path} locked: end it first", path: @path) if now > deadline

            sleep 0.05
          end
        end

        def now
          Process.clock_gettime(Process::CLOCK_MONOTONIC)
        end

        def judge(content, written_at:)
          return if content.strip.empty?

          pid = Integer(content.strip, 10, exception: false)
          raise Busy.new(busy(pid), pid: pid, path: @path) if pid && PidHolder.new(pid, written_at: written_at).alive?

          yield "The PID file #{@path} exists and contains #{Printable.line(content[0, 40])}, but the process " \
                "is not running.",
                "The PID file will be rewritten with the current process ID #{Process.pid}."
        end

        def busy(pid)
          "a backup or restore is already running (PID #{pid} in #{@path}); try again when it has ended, " \
            "or delete that file if the process is no backup"
        end

        def rewrite(file, text)
          file.rewind
          file.write(text)
          file.flush
          file.truncate(text.bytesize)
        end
      end
    end
  end
end
