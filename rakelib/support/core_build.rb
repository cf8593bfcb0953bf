# frozen_string_literal: true

require "rake/tasklib"
require "rake/loaders/makefile"
require_relative "packages"
require_relative "stamp"

# Tasks that build the C core without Ruby, and the Criterion runner on top of it.
#
#   CoreBuild.new("core")                                  # tmp/core/libgbn.a, tmp/core/ctest
#   CoreBuild.new("asan") { |build| build.flags = %w[...] }
class CoreBuild < Rake::TaskLib
  SOURCES = "ext/gitlab_backup_native/core"
  ISAL_ONLY = "#{SOURCES}/gbn_gzip_isal.c".freeze
  STRICT = %w[-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
              -Wcast-qual -Wwrite-strings -Wformat=2 -Werror].freeze
  # Criterion's macros are not clean enough for more.
  TEST_WARNINGS = %w[-Wall -Wextra -Werror].freeze
  LANGUAGE = %w[-std=c11 -D_GNU_SOURCE -pthread].freeze

  # String: names the tasks and the folder under tmp/.
  attr_reader :name
  # Array of flags for compiling and linking alike.
  attr_accessor :flags
  # Whether ISA-L is used; by default where pkg-config finds it.
  attr_accessor :isal

  def initialize(name)
    super()
    @name = name
    @flags = %w[-O2 -g]
    @isal = Packages.isal?
    yield self if block_given?
    define
  end

  def archive
    "#{output}/libgbn.a"
  end

  def runner
    "#{output}/ctest"
  end

  private

  def output
    "tmp/#{name}"
  end

  def define
    define_objects
    file(archive => [list("core.list", core_objects), *core_objects]) { |task| pack(task) }
    file(runner => [list("test.list", test_objects), archive, *test_objects]) { |task| link(task) }
    # The objects first and by themselves: a file task would make them one after another.
    multitask("#{name}:objects" => core_objects + test_objects)
    task("#{name}:library" => ["#{name}:core_objects", archive])
    multitask("#{name}:core_objects" => core_objects)
    task("#{name}:runner" => ["#{name}:objects", archive, runner])
  end

  def define_objects
    core_sources.each { |source| define_object(source, output, STRICT) }
    test_sources.each { |source| define_object(source, "#{output}/test", TEST_WARNINGS) }
    Dir["#{output}/**/*.d"].each { |path| Rake::MakefileLoader.new.load(path) }
  end

  def define_object(source, folder, warnings)
    directory(folder)
    file(object(source, folder) => [source, folder, list("flags.list", compile_flags)]) do |task|
      puts "cc #{source}"
      sh("gcc", *compile_flags, *warnings, "-c", source, "-o", task.name, verbose: false)
    end
  end

  def pack(task)
    rm_f(task.name, verbose: false)
    sh("ar", "rcs", task.name, *core_objects, verbose: false)
  end

  def link(task)
    sh("gcc", *flags, "-pthread", "-o", task.name, *test_objects, archive, "-lcriterion",
       *Packages.link_flags(isal: isal), verbose: false)
  end

  def compile_flags
    @compile_flags ||= [*LANGUAGE, *flags, "-MMD", "-MP", "-I#{SOURCES}", "-Itest/support",
                        *Packages.compile_flags(isal: isal)].freeze
  end

  def core_sources
    @core_sources ||= Dir["#{SOURCES}/*.c"] - (isal ? [] : [ISAL_ONLY])
  end

  def test_sources
    @test_sources ||= Dir["test/test_*.c", "test/support/*.c"]
  end

  def core_objects
    core_sources.map { |source| object(source, output) }
  end

  def test_objects
    test_sources.map { |source| object(source, "#{output}/test") }
  end

  def object(source, folder)
    "#{folder}/#{File.basename(source, ".c")}.o"
  end

  def list(file_name, lines)
    Stamp.write("#{output}/#{file_name}", lines)
  end
end
