# frozen_string_literal: true

require "etc"
require "rake/extensiontask"
require_relative "support/binary"
require_relative "support/build_lock"
require_relative "support/launcher"
require_relative "support/stamp"

ENV["MAKEFLAGS"] ||= "-j#{Etc.nprocessors}"

lock = BuildLock.new("tmp/build.lock")
task("build:lock") do |task|
  lock.take
  task.reenable
end
task("build:unlock") do |task|
  lock.release
  task.reenable
end

extension = Rake::ExtensionTask.new("gitlab_backup_native") do |ext|
  ext.lib_dir = "lib/gitlab/backup/native"
  ext.source_pattern = "{core,glue}/*.{c,h}"
end
built = "tmp/#{extension.platform}/#{extension.name}/#{RUBY_VERSION}"

file "#{built}/Makefile" => Stamp.write("tmp/sources.list", Dir["#{extension.ext_dir}/{depend,{core,glue}/*.c}"])

Rake::Task["copy:#{extension.name}:#{extension.platform}:#{RUBY_VERSION}"].clear_actions.enhance do
  Binary.install("#{built}/gitlab_backup_native.so", "#{extension.lib_dir}/gitlab_backup_native.so")
end
Rake::Task["compile"].prerequisites.unshift("build:lock").push("build:unlock")

desc "Make the programs in bin/ that start those of exe/ in this checkout without Bundler"
task("launcher") do
  Dir.children("exe").each { |program| Launcher.new(Dir.pwd, program: program).write("bin/#{program}") }
end
