# frozen_string_literal: true

require "English"
require_relative "pipeline"

module Bench
  # Runs one program and watches how much memory it takes at most. The kernel keeps the highest mark; so it is enough to
  # have looked shortly before the end.
  class Peak
    STEP = 0.005 # seconds between two looks

    # Mebibytes and seconds of a run.
    Figures = Struct.new(:mebibytes, :seconds)

    # command: Array of arguments; options: Process.spawn's. Returns Figures. Raises Failure when it fails; it does not
    # outlive the call.
    def self.of(command, **options)
      new(command, options).run
    end

    def initialize(command, options)
      @command = command
      @options = { in: File::NULL, out: File::NULL }.merge(options)
      @kibibytes = 0
    end

    def run
      began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      @pid = Process.spawn(*@command, @options)
      status = watch
      raise Failure, "#{@command.join(" ")} failed (#{status})" unless status.success?

      Figures.new(@kibibytes / 1024.0, Process.clock_gettime(Process::CLOCK_MONOTONIC) - began)
    ensure
      stop
    end

    private

    # Process::Status
    def watch
      until Process.wait(@pid, Process::WNOHANG)
        look
        sleep(STEP)
      end
      @pid = nil
      $CHILD_STATUS
    end

    # One that has just ended has no such line any more.
    def look
      found = File.read("/proc/#{@pid}/status")[/^VmHWM:\s*(\d+)/, 1].to_i
      @kibibytes = found if found > @kibibytes
    end

    def stop
      return unless @pid

      Process.kill(:TERM, @pid)
      Process.wait(@pid)
    end
  end
end
