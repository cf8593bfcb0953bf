# frozen_string_literal: true

require "etc"
require "fileutils"
require "json"
require "rbconfig"
require_relative "spec_report"

# Runs spec files in as many processes as there are cores. A process that is done with a file takes the next one from a
# pipe; the files that took longest the last time come first.
#
#   ParallelSpecs.new(files, seed: 1234).run    # => true when all is well
class ParallelSpecs
  WORKER = File.expand_path("spec_worker.rb", __dir__)
  SECONDS = "tmp/spec/seconds.json"
  # Each has a PostgreSQL server and some hundred megabytes of its own.
  MOST = 6
  # What large strings took goes back to the system: a small process is forked sooner.
  MEMORY = { "MALLOC_ARENA_MAX" => "2", "MALLOC_MMAP_THRESHOLD_" => "131072" }.freeze

  # files: paths; seed: of the order within files.
  def initialize(files, seed:)
    @files = files
    @seed = seed
    @report = SpecReport.new(seed)
  end

  # Prints as rspec does. Returns whether every example of every file has passed.
  def run
    queue = filled_queue
    workers = Array.new([Etc.nprocessors, MOST, @files.size].min) { start(queue) }
    queue.close
    workers.each(&:join)
    save_seconds
    @report.finish(@files)
  end

  private

  # A pipe is a queue that any process can take from; a number per line of fixed length.
  def filled_queue
    reader, writer = IO.pipe
    in_order.each { |file| writer.write(format("%4d\n", @files.index(file))) }
    writer.close
    reader
  end

  def in_order
    known = File.exist?(SECONDS) ? JSON.parse(File.read(SECONDS)) : {}
    @files.sort_by { |file| -known.fetch(file) { estimate(file) } }
  end

  # What makes an instance, or restores one, takes long; else what is large.
  def estimate(file)
    text = File.read(file)
    (text.size / 1000.0) + (text.match?(/Demo(Instance|Run)|StockBackup/) ? 60 : 0) + (text.match?(/restore/i) ? 20 : 0)
  end

  def start(queue)
    reader, writer = IO.pipe
    arguments = [queue.fileno, writer.fileno, @seed, *@files].map(&:to_s)
    pid = spawn(MEMORY, RbConfig.ruby, *$LOAD_PATH.map { |folder| "-I#{folder}" }, WORKER, *arguments,
                queue => queue, writer => writer, in: File::NULL)
    writer.close
    Thread.new { follow(pid, reader) }
  end

  def follow(pid, reader)
    reader.each_line do |line|
      break if line == SpecReport::END_LINE

      @report.take(pid, JSON.parse(line, symbolize_names: true))
    end
    @report.ended(pid, Process.wait2(pid).last)
  end

  def save_seconds
    FileUtils.mkdir_p(File.dirname(SECONDS))
    File.write(SECONDS, JSON.pretty_generate(@report.seconds))
  end
end
