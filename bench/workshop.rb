# frozen_string_literal: true

require "tmpdir"
require_relative "copy_rows"
require_relative "noise"
require_relative "tree"

module Bench
  # A temporary folder with the corpora, each made when it is first asked for.
  class Workshop
    # What the tree and an archive of it need.
    TREE_BYTES = 2_500_000_000
    SHARED_MEMORY = "/dev/shm"

    # Yields a Workshop; its folder is gone when the block is left, in whatever way.
    def self.open(log:, base: Dir.tmpdir)
      folder = File.realpath(Dir.mktmpdir("gbn-bench-", base))
      yield new(folder, log)
    ensure
      remove(folder) if folder
    end

    # rm and not FileUtils: a hundred thousand folders. A second Ctrl-C has to wait.
    def self.remove(folder)
      previous = trap("INT", "IGNORE")
      system("rm", "-rf", "--", folder)
    ensure
      trap("INT", previous || "DEFAULT")
    end
    private_class_method :remove

    attr_reader :folder

    def initialize(folder, log)
      @folder = folder
      @log = log
    end

    # Yields the path of a new folder of that name, which is gone when the block is left, in whatever way.
    def within(name)
      path = "#{@folder}/#{name}"
      Dir.mkdir(path)
      yield path
    ensure
      system("rm", "-rf", "--", path)
    end

    # Path of a file of COPY text
    def rows
      corpus("rows", "400 MB of COPY text") { |path| CopyRows.write(path) }
    end

    # Path of a file of random bytes
    def noise
      corpus("noise", "400 MB of random bytes") { |path| Noise.write(path) }
    end

    # Path of the folder of many files
    def tree
      corpus("tree", "a tree of #{Tree::FILES} files, 1.1 GB") { |path| Tree.write(path) }
    end

    # Yields a Workshop in memory, or this one where there is not enough of it: there the page
    # cache holds the data.
    def in_memory(&block)
      return yield(self) unless room?

      self.class.open(log: @log, base: SHARED_MEMORY, &block)
    end

    private

    def corpus(name, description)
      path = "#{@folder}/#{name}"
      return path if File.exist?(path)

      @log.call("making #{description}")
      yield path
      system("sync", "-f", @folder)
      path
    end

    def room?
      available = `df --output=avail -B1 #{SHARED_MEMORY} 2>/dev/null`.lines.last.to_i
      memory = File.read("/proc/meminfo")[/^MemAvailable:\s*(\d+)/, 1].to_i * 1024
      available > TREE_BYTES && memory > 2 * TREE_BYTES
    end
  end
end
