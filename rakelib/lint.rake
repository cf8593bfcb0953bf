# frozen_string_literal: true

require_relative "support/packages"
require_relative "support/tidy"
require_relative "support/verdict"

extension = "ext/gitlab_backup_native"
c_files = Dir["#{extension}/{core,glue}/*.[ch]", "{bench,test}/**/*.[ch]"]
headers = Dir["#{extension}/{core,glue}/*.h"]
language = ["-std=c11", "-D_GNU_SOURCE", "-I#{extension}/core"]
ruby = RbConfig::CONFIG.values_at("rubyhdrdir", "rubyarchhdrdir").flat_map { |folder| ["-isystem", folder] }

desc "Read the sources with every tool that has an opinion"
task "lint" => %w[lint:rubocop lint:format lint:tidy lint:cppcheck]

desc "RuboCop"
task("lint:rubocop") { Verdict.of("rubocop", "--parallel") }

desc "clang-format, without changing anything"
task("lint:format") { Verdict.of("clang-format", "--dry-run", "-Werror", *c_files) }

desc "Let clang-format and RuboCop mend what they can"
task("lint:fix") do
  sh "clang-format", "-i", *c_files, verbose: false
  sh "rubocop", "--autocorrect", verbose: false
end

desc "clang-tidy"
task("lint:tidy") do
  tidy = Tidy.new(flags: [*language, "-I#{extension}/glue", *ruby, *Packages.compile_flags], stamps: "tmp/tidy",
                  headers: headers)
  Verdict.on("tidy", tidy.run(Dir["#{extension}/{core,glue}/*.c"]))
end

desc "cppcheck"
task("lint:cppcheck") do
  mkdir_p "tmp/cppcheck", verbose: false
  Verdict.of("cppcheck", "--quiet", "--std=c11", "--enable=warning,performance,portability", "--error-exitcode=1",
             "--inline-suppr", "--cppcheck-build-dir=tmp/cppcheck", "-D_GNU_SOURCE", "-I#{extension}/core",
             "#{extension}/core", "#{extension}/glue")
end
