# frozen_string_literal: true

require "rake/tasklib"
require_relative "checks/layers"
require_relative "core_build"
require_relative "packages"
require_relative "stamp"

# Programs that libFuzzer drives, from clang: the core without its work, but what reads packs of git
# and plain tars, instrumented, and one source of test/fuzz each.
#
#   FuzzBuild.new.programs    # {"gunzip" => "tmp/fuzz/fuzz_gunzip", ...}
class FuzzBuild < Rake::TaskLib
  FOLDER = "tmp/fuzz"
  MODULES = [*Checks::Layers::MODULES.values_at(:base, :formats, :edges, :engine).flatten, "pack", "members"].freeze
  COMPILER = "clang"
  SANITIZERS = "address,undefined"
  FLAGS = %w[-O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=undefined -Wall -Wextra -Werror].freeze

  def initialize
    super
    define
  end

  # Hash of names to paths.
  def programs
    targets.transform_values { |source| "#{FOLDER}/#{File.basename(source, ".c")}" }
  end

  private

  def targets
    @targets ||= Dir["test/fuzz/fuzz_*.c"].to_h { |source| [source[/fuzz_(\w+)\.c\z/, 1], source] }
  end

  def define
    directory(FOLDER)
    core_sources.each { |source| define_object(source) }
    targets.each { |name, source| define_program(programs.fetch(name), source) }
    multitask("fuzz:objects" => core_sources.map { |source| object(source) })
    multitask("fuzz:programs" => ["fuzz:objects", *programs.values])
  end

  def define_object(source)
    file(object(source) => [source, FOLDER, flags_list, *headers]) do |task|
      puts "#{COMPILER} #{source}"
      compile("-fsanitize=fuzzer-no-link,#{SANITIZERS}", "-c", source, "-o", task.name)
    end
  end

  def define_program(path, source)
    objects = core_sources.map { |core_source| object(core_source) }
    file(path => [source, *objects]) do |task|
      puts "#{COMPILER} #{source}"
      compile("-fsanitize=fuzzer,#{SANITIZERS}", "-Itest/fuzz", source, *objects, *Packages.link_flags, "-o", task.name)
    end
  end

  def compile(*arguments)
    sh(COMPILER, *flags, *arguments, verbose: false)
  end

  def flags
    @flags ||= [*CoreBuild::LANGUAGE, *FLAGS, "-I#{CoreBuild::SOURCES}", *Packages.compile_flags].freeze
  end

  def flags_list
    Stamp.write("#{FOLDER}/flags.list", flags)
  end

  def headers
    @headers ||= Dir["#{CoreBuild::SOURCES}/*.h", "test/fuzz/*.h"]
  end

  def core_sources
    @core_sources ||= MODULES.flat_map { |name| Dir["#{CoreBuild::SOURCES}/gbn_#{name}{_*,}.c"] }.uniq -
                      (Packages.isal? ? [] : [CoreBuild::ISAL_ONLY])
  end

  def object(source)
    "#{FOLDER}/#{File.basename(source, ".c")}.o"
  end
end
