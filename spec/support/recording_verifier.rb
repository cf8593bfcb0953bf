# frozen_string_literal: true

# A reporter of a VerifyRun that keeps what it is told: one text for each damage, warning and failure.
class RecordingVerifier
  attr_reader :texts

  def initialize
    @texts = []
  end

  def looked_at(_part, result, _seconds)
    @texts.concat(result.damages.map(&:text))
  end

  def not_looked_at(part, message)
    @texts << "#{part.title}: #{message}"
    nil
  end

  def warning(text, **)
    @texts << text
  end

  # Nothing else is of interest.
  %i[verifying verified component_started progress estimate info].each { |name| define_method(name) { |*, **| nil } }
end
