# frozen_string_literal: true

require_relative "support/packages"

# Functions of the core whose place bench/virtual_edges.c takes.
virtual = %w[gbn_cache_read memcpy gbn_sha256_update gbn_gzip_crc32 gbn_gzip_deflater_new gbn_gzip_deflater_free
             gbn_gzip_segment gbn_outfile_write gbn_product_hash_block gbn_walk_next gbn_reader_done]

# {program => [its sources, its flags]}
bench_programs = {
  "codec_speed" => [%w[codec_speed], []],
  "floor" => [%w[floor], []],
  "virtual" => [%w[virtual virtual_edges], ["-fno-builtin-memcpy", *virtual.map { |name| "-Wl,--wrap=#{name}" }]]
}.transform_keys { |name| "tmp/core/#{name}" }

bench_programs.each do |program, (sources, flags)|
  file program => [*sources.map { |name| "bench/#{name}.c" }, "tmp/core/libgbn.a", *Dir["bench/*.h"]] do |task|
    sh("gcc", "-O2", *CoreBuild::LANGUAGE, *CoreBuild::STRICT, *flags, "-I#{CoreBuild::SOURCES}",
       *Packages.compile_flags, "-o", task.name, *task.prerequisites.grep(/[ca]\z/), *Packages.link_flags,
       verbose: false)
  end
end

desc "Build what bin/bench needs besides the extension"
task("bench:programs" => %w[build:lock core:library] + bench_programs.keys + %w[build:unlock])

desc "Measure; `bin/bench NAME` measures one row"
task("bench") { sh "bin/bench", verbose: false }
