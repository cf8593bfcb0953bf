# frozen_string_literal: true

require "rake/tasklib"
require "tmpdir"
require_relative "packages"

# Programs of one file each on top of a CoreBuild, for checkers Criterion's runner does
# not start under.
#
#   PlainMains.new(build, "test/tsan/*.c")    # tmp/<build's name>/tsan_archive, ...
class PlainMains < Rake::TaskLib
  # build: a CoreBuild; pattern: its sources.
  def initialize(build, pattern)
    super()
    @build = build
    @sources = Dir[pattern]
    @sources.each { |source| define(source) }
  end

  # Paths of the programs.
  def programs
    @sources.map { |source| program(source) }
  end

  # Runs each in an empty directory of its own; ends rake when one fails.
  def run(environment)
    programs.each do |program|
      Dir.mktmpdir do |folder|
        system(environment, File.expand_path(program), chdir: folder) || abort("#{program} failed")
      end
      puts "#{File.basename(program)}: ok"
    end
  end

  private

  def program(source)
    "tmp/#{@build.name}/#{File.basename(source, ".c")}"
  end

  def define(source)
    file(program(source) => [source, *Dir["#{File.dirname(source)}/*.h"], @build.archive]) do |task|
      puts "cc #{source}"
      sh("gcc", "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", *@build.flags, "-pthread",
         "-I#{CoreBuild::SOURCES}", *Packages.compile_flags(isal: @build.isal), source, @build.archive,
         *Packages.link_flags(isal: @build.isal), "-o", task.name, verbose: false)
    end
  end
end
