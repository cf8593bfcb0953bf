# frozen_string_literal: true

require "json"
require "rspec/core"

# One process of ParallelSpecs. Loads all files, which is quick, and runs those whose numbers it gets from the queue.
#
#   ruby spec_worker.rb QUEUE RESULTS SEED FILE...    # the first two are descriptors
class SpecWorker < RSpec::Core::Runner
  # Tells results, one JSON object a line.
  class Feed
    RSpec::Core::Formatters.register self, :example_passed, :example_failed, :example_pending, :message

    def initialize(output)
      @output = output
    end

    def tell(news)
      @output.puts(JSON.generate(news))
    end

    def example_passed(_notification)
      tell(result: :passed)
    end

    def example_failed(notification)
      text = notification.fully_formatted(nil, RSpec::Core::Notifications::NullColorizer)
      again = "rspec #{notification.example.location_rerun_argument} # #{notification.example.full_description}"
      tell(result: :failed, text: text.scrub, again: again.scrub)
    end

    def example_pending(_notification)
      tell(result: :pending)
    end

    def message(notification)
      tell(message: notification.message.scrub) unless notification.message.start_with?("Run options:")
    end
  end

  # queue, results: IO; files: Array of paths
  def self.start(queue, results, seed, files)
    results.sync = true
    ENV.delete_if { |name, _| name.start_with?("MALLOC_") } # for this process alone
    [queue, results].each { |io| io.close_on_exec = true }
    options = RSpec::Core::ConfigurationOptions.new(["--seed", seed, *files])
    new(options, queue, results, files).run($stderr, $stdout)
  end

  def initialize(options, queue, results, files)
    super(options)
    @queue = queue
    @results = results
    @files = files
    @feed = Feed.new(results)
    @configuration.add_formatter(@feed)
    @configuration.backtrace_exclusion_patterns << /spec_worker/
  end

  def run(err, out)
    super
  ensure
    @results.puts("end")
  end

  def run_specs(_groups)
    groups = @world.example_groups.group_by { |group| group.metadata[:absolute_file_path] }
    passed = @configuration.reporter.report(0) do |reporter|
      @configuration.with_suite_hooks do
        each_file { |file| groups.fetch(File.expand_path(file), []).map { |group| group.run(reporter) }.all? }
      end
    end
    exit_code(passed)
  end

  private

  def each_file
    passed = true
    while (number = @queue.read_nonblock(5, exception: false))
      file = @files.fetch(number.to_i)
      @feed.tell(file: file)
      began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      passed &= yield file
      @feed.tell(file: file, seconds: (Process.clock_gettime(Process::CLOCK_MONOTONIC) - began).round(1))
    end
    @feed.tell(file: nil)
    passed
  end
end

queue, results, seed, *files = ARGV
exit(SpecWorker.start(IO.for_fd(queue.to_i), IO.for_fd(results.to_i), seed, files))
