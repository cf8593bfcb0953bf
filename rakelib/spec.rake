# frozen_string_literal: true

require "rspec/core/rake_task"

desc "Run the specs against what is compiled"
RSpec::Core::RakeTask.new("spec" => "compile") { |task| task.verbose = false }
