# frozen_string_literal: true

require_relative "../tree"

module Checks
  # Compares what the gem would carry with what the tree holds.
  class Manifest
    # Every file of these folders belongs into the gem.
    SHIPPED = %r{\A(?:exe|ext|lib)/|\Adocs/.*\.md\z|\A(?:CHANGELOG\.md|LICENSE|README\.md)\z}

    def initialize(gemspec, root: Dir.pwd)
      @gemspec = gemspec
      @root = root
    end

    # Array of Strings, one a file too many or too few; none where there is no git to ask.
    def problems
      tree = Tree.files(@root)
      return [] unless tree

      shipped = Gem::Specification.load(File.join(@root, @gemspec)).files
      (tree.grep(SHIPPED) - shipped).map { |path| "#{path}: no pattern of #{@gemspec} takes it" } +
        (shipped - tree).map { |path| "#{path}: #{@gemspec} takes it, git does not" }
    end
  end
end
