# frozen_string_literal: true

module Checks
  # Lengths of files and of C functions. RuboCop counts Ruby's methods.
  class Sizes
    Limit = Struct.new(:pattern, :look, :ceiling)

    FILES = [
      Limit.new("ext/gitlab_backup_native/{core,glue}/*.c", 300, 600),
      Limit.new("ext/gitlab_backup_native/{core,glue}/*.h", 120, 250),
      Limit.new("{lib,rakelib}/**/*.{rb,rake}", 150, 300)
    ].freeze
    FUNCTION = Limit.new("ext/gitlab_backup_native/{core,glue}/*.c", 40, 70)

    def initialize(root: Dir.pwd)
      @root = root
    end

    # Array of Strings: past what calls for a look.
    def notes
      findings.filter_map { |name, length, limit| text(name, length, limit.look) if length.between?(*window(limit)) }
    end

    # Array of Strings: past the ceiling.
    def problems
      findings.filter_map { |name, length, limit| text(name, length, limit.ceiling) if length > limit.ceiling }
    end

    private

    def window(limit)
      [limit.look + 1, limit.ceiling]
    end

    def text(name, length, limit)
      "#{name}: #{length} lines, the limit is #{limit}"
    end

    def findings
      @findings ||= FILES.flat_map { |limit| files(limit).map { |path| [path, lines(path).size, limit] } } +
                    files(FUNCTION).flat_map { |path| functions(path).map { |name, size| [name, size, FUNCTION] } }
    end

    def files(limit)
      Dir.glob(limit.pattern, base: @root)
    end

    def lines(path)
      File.readlines(File.join(@root, path), encoding: "UTF-8")
    end

    # clang-format puts a function's braces, and nothing else's, alone into the first column; its name is in the line
    # that has the parameters' opening parenthesis.
    def functions(path)
      found = []
      opened = name = nil
      lines(path).each_with_index do |line, index|
        name = "#{path}:#{index + 1}: #{line[/\A\w+/]}" if line.match?(/\A\w+\(/)
        opened = index if line == "{\n"
        found << [name, index - opened - 1] if line == "}\n" && opened
      end
      found
    end
  end
end
