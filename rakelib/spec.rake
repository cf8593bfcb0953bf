# frozen_string_literal: true

require_relative "support/parallel_specs"

desc "Run the specs, as many processes as cores; SPEC='spec/run/*_spec.rb' runs some, SEED=n in that order"
task("spec" => "compile") do
  files = Dir[ENV.fetch("SPEC", "spec/**/*_spec.rb")]
  ParallelSpecs.new(files, seed: ENV.fetch("SEED") { rand(1..65_535) }.to_i).run || abort("specs failed")
end
