# frozen_string_literal: true

# What several rspec processes tell, as one report.
class SpecReport
  END_LINE = "end\n"
  SIGNS = { "passed" => ".", "failed" => "F", "pending" => "*" }.freeze

  # Hash of the seconds each file took.
  attr_reader :seconds

  def initialize(seed)
    @seed = seed
    @began = now
    @lock = Mutex.new
    @results = { "passed" => [], "failed" => [], "pending" => [] }
    @messages = []
    @at = {}
    @failing = []
    @broken = []
    @seconds = {}
  end

  # One thing a process tells: a file it begins or ends, an example's result, or a message.
  def take(pid, news)
    @lock.synchronize do
      @at[pid] = news[:file] if news.key?(:file)
      @seconds[news[:file]] = news[:seconds] if news[:seconds]
      @messages |= [news[:message]] if news[:message]
      take_result(pid, news) if news[:result]
    end
  end

  # A process has ended: with 0, or with 1 for examples of which it told; all else is a failure of its own, as a hook's.
  def ended(pid, status)
    @lock.synchronize do
      next if @at[pid].nil? && (status.success? || (status.exitstatus == 1 && @failing.include?(pid)))

      @broken << "A process of the specs ended (#{status})#{" in #{@at[pid]}" if @at[pid]}."
    end
  end

  # Prints all that is worth knowing; the last lines name what failed. Returns whether everything has passed.
  def finish(files)
    missing = files - @seconds.keys
    failed = @results["failed"]
    texts = failed.map.with_index(1) { |failure, number| "\n#{number}) #{failure[:text].strip}" }
    puts("", *@messages, *@broken, *("Failures:" if failed.any?), *texts)
    puts("", "Finished in #{duration}", counts, *("Not finished: #{missing.join(" ")}" if missing.any?))
    puts("", "Failed examples:", "", *failed.map { |failure| failure[:again] }) if failed.any?
    puts("", "Randomized with seed #{@seed}")
    failed.empty? && missing.empty? && @broken.empty?
  end

  private

  def take_result(pid, news)
    @results.fetch(news[:result]) << news
    @failing << pid if news[:result] == "failed"
    print(SIGNS[news[:result]], *("\n#{news[:again]}\n" if news[:again])) # for whoever waits, or does not
    $stdout.flush
  end

  def counts
    parts = ["#{@results.values.sum(&:size)} examples", "#{@results["failed"].size} failures"]
    parts << "#{@results["pending"].size} pending" if @results["pending"].any?
    parts.join(", ")
  end

  def duration
    minutes, rest = (now - @began).divmod(60)
    format("%d:%02d minutes", minutes, rest)
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end
end
