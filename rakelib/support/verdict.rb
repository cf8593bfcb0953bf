# frozen_string_literal: true

# Says how a check ended, and ends rake with a failure if it found anything.
module Verdict
  # For a program that prints its findings itself.
  def self.of(program, *arguments)
    system(program, *arguments) || abort("#{program}: see above")
    puts "#{program}: ok"
  end

  def self.on(name, problems, notes: [])
    notes.each { |note| puts "#{name}: note: #{note}" }
    problems.each { |problem| warn "#{name}: #{problem}" }
    abort "#{name}: #{problems.size} found" unless problems.empty?

    puts "#{name}: ok"
  end
end
