# frozen_string_literal: true

# Ends an example that stands still and says where it stood: without it one lost wake-up costs the whole suite its
# verdict, and nothing names the example.
class Watchdog
  LIMIT = 240
  DEEP_LIMIT = 3600
  # From the attempt that fails the example to the one that ends the suite.
  GRACE = 30

  # Yields. Past the limit the threads and the children there are get printed, the children are killed (but not a server
  # that was there before) and the example fails; when not even that moves it, the suite ends with status 1.
  def self.over(example, &block)
    new(example.full_description, example.metadata[:deep] ? DEEP_LIMIT : LIMIT).guard(&block)
  end

  def initialize(name, limit)
    @name = name
    @limit = limit
  end

  def guard
    example = Thread.current
    thread = Thread.new { watch(example) }
    yield
  ensure
    thread&.kill&.join
  end

  private

  def watch(example)
    sleep(@limit)
    children = Processes.descendants
    warn("\n#{@name}: stands still after #{@limit} s", threads, children)
    children.each { |line| Process.kill(:KILL, line.to_i) if Processes.age(line.to_i) <= @limit + 1 }
    example.raise("stood still for #{@limit} s")
    sleep(GRACE)
    warn("#{@name}: does not end; the suite does")
    exit!(1)
  end

  def threads
    (Thread.list - [Thread.current]).map do |thread|
      [thread.inspect, *thread.backtrace.grep_v(%r{/gems/})].join("\n    ")
    end
  end
end
