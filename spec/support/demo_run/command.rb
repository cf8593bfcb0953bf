# frozen_string_literal: true

class DemoRun
  # Runs gitlab-backup-cli and shows the gist of what it says: its table and its last line, not
  # two lines for each component; warnings and errors go their own way.
  class Command
    PATH = File.expand_path("../../../bin/gitlab-backup-cli", __dir__)
    LEFT_OUT = /\A\[[^\]]*\] (?:\u2139|.*Finished (?:Backup|restoration) of )/

    def initialize(arguments)
      @arguments = arguments
    end

    # Returns the Process::Status. Its own process group is ours: Ctrl-C reaches it too, and it
    # cleans up by itself.
    def run
      reader, writer = IO.pipe(Encoding::UTF_8)
      pid = spawn(PATH, *@arguments, out: writer)
      writer.close
      reader.each_line { |line| puts(line) unless line.match?(LEFT_OUT) }
      Process.wait2(pid).last
    rescue SignalException => e
      stop(pid, reader, e.signo) if pid
      raise
    end

    private

    def stop(pid, reader, signal)
      reader.close
      Process.kill(signal, pid)
      Process.wait(pid)
    end
  end
end
