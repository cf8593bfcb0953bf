# frozen_string_literal: true

require_relative "support/packages"

bench_programs = %w[codec_speed floor].map { |name| "tmp/core/#{name}" }

bench_programs.each do |program|
  file program => ["bench/#{File.basename(program)}.c", "tmp/core/libgbn.a"] do |task|
    sh("gcc", "-O2", *CoreBuild::LANGUAGE, *CoreBuild::STRICT, "-I#{CoreBuild::SOURCES}", *Packages.compile_flags,
       "-o", task.name, *task.prerequisites, *Packages.link_flags, verbose: false)
  end
end

desc "Build what bin/bench needs besides the extension"
task("bench:programs" => %w[build:lock core:library] + bench_programs + %w[build:unlock])

desc "Measure; `bin/bench NAME` measures one row"
task("bench") { sh "bin/bench", verbose: false }
