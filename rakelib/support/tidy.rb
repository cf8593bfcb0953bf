# frozen_string_literal: true

require "etc"
require "fileutils"
require "open3"

# Runs clang-tidy, as many at once as there are cores, over the sources that
# changed, or whose headers did, since it last had nothing to say about them.
class Tidy
  # flags: what the compiler is given; stamps: folder that remembers; headers: what any source may include.
  def initialize(flags:, stamps:, headers:)
    @flags = flags
    @stamps = stamps
    @common = [".clang-tidy", *headers].map { |path| File.mtime(path) }.max
  end

  # Returns an Array of what clang-tidy printed, one String a source with findings.
  def run(sources)
    FileUtils.mkdir_p(@stamps)
    queue = Queue.new(sources.select { |source| stale?(source) }).close
    Array.new(Etc.nprocessors) { Thread.new { work(queue) } }.flat_map(&:value)
  end

  private

  def stale?(source)
    stamp = stamp_of(source)
    !File.exist?(stamp) || File.mtime(stamp) < [@common, File.mtime(source)].max
  end

  def work(queue)
    found = []
    while (source = queue.pop)
      began = Time.now
      output, status = Open3.capture2("clang-tidy", "--quiet", source, "--", *@flags, err: File::NULL)
      status.success? ? FileUtils.touch(stamp_of(source), mtime: began) : found << report(source, output)
    end
    found
  end

  # Without a word on its standard output it is the program that failed.
  def report(source, output)
    output.empty? ? "#{source}: clang-tidy failed" : output
  end

  def stamp_of(source)
    File.join(@stamps, "#{File.basename(source)}.tidy")
  end
end
