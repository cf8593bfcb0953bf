# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The RunLock, in the words of GitLab's tasks.
      module TaskLock
        # Runs the block, which returns an exit status, under the lock. Returns that status, or
        # 1 when another backup or restore is running. Raises Error; does not wait.
        def self.hold(instance:, log:)
          path = nil
          RunLock.hold(instance: instance, reporter: log, stale: ->(*lines) { blue(log, lines) }) do
            path = pid_file(instance)
            warn_of_user(instance, log)
            yield
          end
        rescue Busy => e
          refuse(e, log)
        ensure
          deleted(path, log) if path
        end

        # nil where GitLab's folder cannot be used.
        def self.pid_file(instance)
          path = File.join(instance.root, "tmp", PidFile::NAME)
          path if PidFile.new(path).pid == Process.pid
        end
        private_class_method :pid_file

        def self.blue(log, lines)
          lines.each { |line| log.plain([line, :blue]) }
        end
        private_class_method :blue

        def self.refuse(busy, log)
          pid = busy.pid ? " (PID #{busy.pid})" : ""
          ["Backup and restore in progress:", "  There is a backup and restore task in progress#{pid}.",
           "  Try to run the current task once the previous one ends."].each { |line| log.plain([line, :red]) }
          1
        end
        private_class_method :refuse

        def self.deleted(path, log)
          log.plain_with_time(["Deleting backup and restore PID file at [", :blue], path, ["] ... ", :blue],
                              ["done", :green])
        end
        private_class_method :deleted

        # GitLab's tools expect its user's files.
        def self.warn_of_user(instance, log)
          user = Account.name_of(Process.euid)
          return if user == instance.user

          log.plain([" Warning ", :sign])
          log.plain("  You are running as user ", [user, :magenta], ", we hope you know what you are doing.")
          log.plain("  Things may work/fail for the wrong reasons.")
          log.plain("  For correct results you should run this as user ", [instance.user, :magenta], ".")
          log.plain("")
        end
        private_class_method :warn_of_user
      end
    end
  end
end
