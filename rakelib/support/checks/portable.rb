# frozen_string_literal: true

require_relative "../tree"

module Checks
  # Finds what ties the tree to one machine: its folders, or a package registry's host.
  class Portable
    RULES = {
      %r{(?<![\w.~-])/(?:work|root)/\w} => "a path of one machine",
      /\b(?:rubygems|pypi|crates|npmjs)\.(?:org|io|com)\b/ => "a package registry's host"
    }.freeze

    def initialize(root: Dir.pwd)
      @root = root
    end

    # Array of Strings, one a line that breaks a rule; none where there is no git to ask.
    def problems
      (Tree.files(@root) || []).flat_map { |path| problems_of(path) }
    end

    private

    def problems_of(path)
      File.binread(File.join(@root, path)).lines.each_with_index.flat_map do |line, index|
        RULES.filter_map { |pattern, name| "#{path}:#{index + 1}: #{name}: #{line[pattern]}" if line.match?(pattern) }
      end
    end
  end
end
