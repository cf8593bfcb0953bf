# frozen_string_literal: true

require "etc"
require "open3"

module Bench
  # What figures are worth nothing without: the machine they were measured on, without its name.
  module Machine
    # folder: where the data lay. Returns a Hash of Strings and Integers.
    def self.describe(folder)
      { cpu: cpu, cores: Etc.nprocessors, memory: memory, kernel: Etc.uname.values_at(:sysname, :release).join(" "),
        file_system: file_system(folder), ruby: RUBY_VERSION }
    end

    def self.cpu
      File.read("/proc/cpuinfo")[/^model name\s*:\s*(.+)$/, 1] || Etc.uname.fetch(:machine)
    end
    private_class_method :cpu

    def self.memory
      format("%.0f GiB", File.read("/proc/meminfo")[/^MemTotal:\s*(\d+)/, 1].to_i / 1024.0 / 1024)
    end
    private_class_method :memory

    def self.file_system(folder)
      output, = Open3.capture2("df", "--output=fstype", folder)
      output.lines.last.strip
    end
    private_class_method :file_system
  end
end
