# frozen_string_literal: true

module Bench
  # What keeps a row from being measured; its message is for the user.
  class Failure < StandardError
  end

  # Programs connected by pipes, started without a shell, timed from the first start to the last end.
  class Pipeline
    # commands: Arrays of arguments, at least one.
    def initialize(*commands)
      @commands = commands
      @pids = []
    end

    # input, output: paths at the two ends; chdir: where they all run. Returns seconds.
    # Raises Failure when one of them is missing or ends badly; none outlives the call.
    def run(output:, input: File::NULL, chdir: "/")
      began = now
      start(input, output, chdir)
      @commands.each { |command| await(command) }
      now - began
    rescue Errno::ENOENT => e
      raise Failure, "cannot start it: #{e.message}"
    ensure
      stop
    end

    private

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end

    def start(input, output, chdir)
      upstream = File.open(input, "rb")
      @commands.each_with_index do |command, index|
        last = index == @commands.size - 1
        reader, writer = last ? [nil, File.open(output, "wb")] : IO.pipe
        @pids << Process.spawn(*command, in: upstream, out: writer, chdir: chdir)
        [upstream, writer].each(&:close)
        upstream = reader
      end
    end

    # In the order of their start, so that the front of @pids is the command's.
    def await(command)
      _, status = Process.wait2(@pids.first)
      @pids.shift
      raise Failure, "#{command.join(" ")} failed (#{status})" unless status.success?
    end

    # Those behind see the end of their input, those in front a closed pipe: one by one is soon enough.
    def stop
      @pids.each do |pid|
        Process.kill(:TERM, pid)
        Process.wait(pid)
      end
    rescue Errno::ESRCH, Errno::ECHILD
      nil
    ensure
      @pids = []
    end
  end
end
