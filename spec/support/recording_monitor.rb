# frozen_string_literal: true

# A monitor that remembers what a component told it.
class RecordingMonitor
  attr_reader :estimates, :advances, :lines, :warnings

  def initialize
    @estimates = []
    @advances = []
    @lines = []
    @warnings = []
  end

  def estimate(bytes)
    @estimates << bytes
  end

  # Counts land among the estimates: the component decides which of the two it tells.
  def estimate_entries(count)
    @estimates << count
  end

  def advance(**figures)
    @advances << figures
  end

  def info(text)
    @lines << text
  end

  def warn(text)
    @warnings << text
  end

  def alert(text) = warn(text)
end
