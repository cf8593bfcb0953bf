# frozen_string_literal: true

require "fileutils"

# Runs a libFuzzer program over its seeds for a while. What it found worth keeping stays in
# a folder of its own from run to run; an input that broke something is kept and named.
class Fuzzing
  SANITIZERS = { "ASAN_OPTIONS" => "allocator_may_return_null=1:detect_leaks=1",
                 "UBSAN_OPTIONS" => "print_stacktrace=1" }.freeze
  # An input takes no longer than this, and the program no more memory, whatever is in it.
  LIMITS = %w[-timeout=20 -rss_limit_mb=2048 -max_len=262144].freeze

  # folder: for what is found; seconds: how long each program runs.
  def initialize(folder, seconds:)
    @folder = folder
    @seconds = seconds
  end

  # Returns an Array of problems, empty when all went well.
  def run(name, program, seeds)
    kept = "#{@folder}/corpus/#{name}"
    broken = "#{@folder}/broken"
    log = "#{@folder}/#{name}.log"
    FileUtils.mkdir_p([kept, broken, seeds])
    done = system(SANITIZERS, program, *LIMITS, "-max_total_time=#{@seconds}", "-print_final_stats=1",
                  "-artifact_prefix=#{broken}/#{name}-", kept, seeds, %i[out err] => log)
    done ? [].tap { puts summary(name, log) } : ["#{name}: #{last_words(log)}"]
  end

  private

  def summary(name, log)
    text = File.read(log, encoding: "BINARY")
    inputs = text[/number_of_executed_units:\s*(\d+)/, 1]
    "fuzz #{name}: #{inputs} inputs, coverage #{text.scan(/cov: (\d+)/).last&.first}"
  end

  def last_words(log)
    lines = File.readlines(log, encoding: "BINARY")
    kept = lines.grep(/Test unit written to/).last
    "#{lines.grep(/ERROR|SUMMARY|runtime error/).map(&:strip).join("; ")} #{kept&.strip}; see #{log}"
  end
end
