# frozen_string_literal: true

require "open3"

module Bench
  # Whether a machine has what a row on demand takes. Asked before anything is made.
  module Room
    GB = 1_000_000_000

    # folder: where it is to lie; disk, memory: bytes; inodes: how many files and folders. Returns what is missing, for
    # people, or nil.
    def self.lack(folder, disk:, memory: 0, inodes: 0)
      free, free_inodes = free_at(folder)
      return short("disk space", disk, free) if free < disk
      return "needs #{inodes} inodes, #{free_inodes} are free" if free_inodes < inodes

      short("memory, for the page cache", memory, free_memory) if free_memory < memory
    end

    # Some file systems make inodes as they need them, and count none.
    def self.free_at(folder)
      output, status = Open3.capture2("df", "--output=avail,iavail", "-B1", folder)
      raise Failure, "df #{folder} failed" unless status.success?

      bytes, inodes = output.lines.last.split
      [bytes.to_i, inodes == "-" || inodes.to_i.zero? ? Float::INFINITY : inodes.to_i]
    end
    private_class_method :free_at

    def self.free_memory
      File.read("/proc/meminfo")[/^MemAvailable:\s*(\d+)/, 1].to_i * 1024
    end
    private_class_method :free_memory

    def self.short(what, wanted, free)
      format("needs %<wanted>.0f GB of %<what>s, %<free>.0f GB are free", wanted: wanted.fdiv(GB), what: what,
                                                                          free: free.fdiv(GB))
    end
    private_class_method :short
  end
end
