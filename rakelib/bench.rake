# frozen_string_literal: true

require_relative "support/packages"

codec_speed = "tmp/core/codec_speed"

file codec_speed => ["bench/codec_speed.c", "tmp/core/libgbn.a"] do |task|
  sh("gcc", "-O2", *CoreBuild::LANGUAGE, *CoreBuild::STRICT, "-I#{CoreBuild::SOURCES}", *Packages.compile_flags,
     "-o", task.name, *task.prerequisites, *Packages.link_flags, verbose: false)
end

desc "Build what bin/bench needs besides the extension"
task("bench:programs" => %w[build:lock core:library] + [codec_speed, "build:unlock"])

desc "Measure; `bin/bench NAME` measures one row"
task("bench") { sh "bin/bench", verbose: false }
