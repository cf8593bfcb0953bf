# frozen_string_literal: true

module Bench
  # tar-create while none of the tree is in memory.
  class TarCreateCold
    NAME = "tar-create-cold"
    DROP = "/proc/sys/vm/drop_caches"
    ALL = "3" # pages, and what names and inodes are known

    def results(session)
      reason = obstacle
      return [Result.new(row: NAME, peer: "tar | gzip -c -1", skipped: reason)] if reason

      TarCreate.race(session, NAME, [%w[gzip -c -1]], before: -> { drop }).results
    end

    private

    def obstacle
      return "needs root, to empty the page cache" unless Process.euid.zero?

      drop
      nil
    rescue SystemCallError => e
      "cannot empty the page cache: #{e.message}"
    end

    def drop
      system("sync")
      File.write(DROP, ALL)
    end
  end
end
