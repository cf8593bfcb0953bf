# frozen_string_literal: true

require_relative "support/core_build"
require_relative "support/criterion"
require_relative "support/plain_mains"

SANITIZED = %w[-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined].freeze

core = CoreBuild.new("core")
asan = CoreBuild.new("asan") { |build| build.flags = SANITIZED }
zlib = CoreBuild.new("zlib") { |build| build.isal = false }
# ISA-L's streams lie at addresses the thread sanitizer keeps for itself.
tsan = CoreBuild.new("tsan") do |build|
  build.flags = %w[-O1 -g -fno-omit-frame-pointer -fsanitize=thread]
  build.isal = false
end
mains = PlainMains.new(tsan, "test/tsan/*.c")

desc "Build the core alone, with strict warnings, as tmp/core/libgbn.a"
task("core" => %w[build:lock core:library build:unlock])

desc "Run the C tests; ONLY='gzip/*' runs some"
task("ctest" => %w[build:lock core:runner build:unlock]) { Criterion.run(core.runner) }

desc "Run the C tests under the address and undefined-behaviour sanitizers"
task("ctest:asan" => %w[build:lock asan:runner build:unlock]) { Criterion.sanitized(asan.runner) }

desc "Run the C tests without ISA-L"
task("ctest:zlib" => %w[build:lock zlib:runner build:unlock]) { Criterion.run(zlib.runner) }

desc "Run the C tests under valgrind"
task("ctest:valgrind" => %w[build:lock core:runner build:unlock]) { Criterion.valgrind(core.runner) }

desc "Run plain programs over the engine and the work under the thread sanitizer"
task("ctest:tsan" => ["build:lock", "tsan:library", *mains.programs, "build:unlock"]) do
  mains.run("TSAN_OPTIONS" => "halt_on_error=1 second_deadlock_stack=1")
end
