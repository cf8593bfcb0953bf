# frozen_string_literal: true

require_relative "support/fuzz_build"
require_relative "support/fuzz_seeds"
require_relative "support/fuzzing"
require_relative "support/verdict"

build = FuzzBuild.new
seconds = Integer(ENV.fetch("FUZZ_SECONDS") { ENV["GBN_DEEP"] == "1" ? 120 : 4 })

desc "Let libFuzzer loose on the readers of gzip, tars, manifests and packs; FUZZ_SECONDS=60: longer, ONLY=tar: one"
task("fuzz" => %w[compile build:lock fuzz:programs build:unlock]) do
  seeds = FuzzSeeds.new("#{FuzzBuild::FOLDER}/seeds").tap(&:make)
  fuzzing = Fuzzing.new(FuzzBuild::FOLDER, seconds: seconds)
  programs = build.programs.select { |name, _| ENV.fetch("ONLY", name) == name }
  Verdict.on("fuzz", programs.flat_map { |name, program| fuzzing.run(name, program, seeds.path(name)) })
end
