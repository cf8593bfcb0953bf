# frozen_string_literal: true

require "fileutils"

module Bench
  # A file counts as unchanged later only if its last change lay two seconds back when it was read. Both by the clock
  # of the file system, which is not the system's everywhere.
  module Settling
    SECONDS = 2.5

    # Returns when all that was changed on the file system of the folder before the call has settled.
    def self.wait(folder)
      probe = "#{folder}/.clock"
      changed = stamp(probe)
      sleep(0.05) until stamp(probe) - changed > SECONDS
    ensure
      FileUtils.rm_f(probe)
    end

    def self.stamp(probe)
      File.write(probe, "")
      File.utime(nil, nil, probe)
      File.stat(probe).ctime
    end
    private_class_method :stamp
  end
end
