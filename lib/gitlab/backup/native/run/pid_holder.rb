# frozen_string_literal: true

require "etc"

module Gitlab
  module Backup
    module Native
      # The process a PID file names: the one that wrote it, or one that came to its number later.
      class PidHolder
        # What runs GitLab's tasks has one of these in its command line.
        RUNNERS = /rake|gitlab|ruby|rails/
        # By how much the clocks of processes and of files may differ, in seconds.
        MARGIN = 5

        # pid: Integer; written_at: Time of the PID file.
        def initialize(pid, written_at:)
          @pid = pid
          @written_at = written_at
        end

        # True if the writer lives, as far as anybody can tell: a number is taken for reused only
        # if the process began after the file was written and is nothing that backs up.
        # Our own can only be left over, from a container that counts anew.
        def alive?
          return false unless @pid.positive? && @pid != Process.pid && Process.getpgid(@pid)

          !(gone? || (later? && stranger?))
        rescue SystemCallError, RangeError
          false
        end

        private

        # Killed, and nobody has waited for it: in a container that may be for ever.
        def gone?
          %w[Z X].include?(status.first)
        end

        def later?
          started = started_at
          started && started > @written_at + MARGIN
        end

        def stranger?
          !File.binread("/proc/#{@pid}/cmdline").match?(RUNNERS)
        rescue SystemCallError
          false
        end

        # Strings, none where /proc does not tell: the state, and what follows. They count from behind the name,
        # which may have blanks and brackets in it.
        def status
          File.binread("/proc/#{@pid}/stat").rpartition(") ").last.split
        rescue SystemCallError
          []
        end

        # Time, or nil where /proc does not tell.
        def started_at
          ticks = status[19]
          boot = File.read("/proc/stat")[/^btime (\d+)/, 1]
          Time.at(boot.to_i + (ticks.to_i / Etc.sysconf(Etc::SC_CLK_TCK))) if ticks && boot
        rescue SystemCallError
          nil
        end
      end
    end
  end
end
