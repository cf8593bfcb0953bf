# frozen_string_literal: true

# A reporter that remembers the lines it was given as [kind, text].
class RecordingReporter
  attr_reader :lines, :events

  def initialize
    @lines = []
    @events = []
  end

  def info(text) = @lines << [:info, text]
  def success(text) = @lines << [:success, text]
  def warning(text) = @lines << [:warning, text]
  def alert(text) = warning(text)
  def error(text) = @lines << [:error, text]

  def component_started(component) = @events << [:started, component.id]
  def component_skipped(component, reason) = @events << [:skipped, component.id, reason]
  def component_ended(result) = @events << [:ended, result.component.id, result.status]
  def progress(component, figures) = @events << [:progress, component.id, figures]

  # Texts of all lines of that kind.
  def texts(kind)
    @lines.select { |line| line.first == kind }.map(&:last)
  end
end
