# frozen_string_literal: true

require "pathname"
require "rbconfig"

# Writes the program that starts one of exe/ from a checkout. The load path is worked
# out here, once, by Bundler: at every start that would cost 0.3 s, and RubyGems
# alone costs more than all the rest of a short command.
class Launcher
  OWN = %w[bundler gitlab-backup-native].freeze

  # root: absolute path of the checkout; program: a file of exe/.
  def initialize(root, program: "gitlab-backup-cli")
    @root = Pathname(root)
    @program = program
  end

  # Returns true if `path` had to be written.
  def write(path)
    return false if File.exist?(path) && File.read(path) == text

    temporary = "#{path}.#{Process.pid}"
    File.write(temporary, text, perm: 0o755)
    File.rename(temporary, path)
    true
  end

  def text
    @text ||= <<~RUBY
      #!#{RbConfig.ruby} --disable-gems
      # frozen_string_literal: true

      # Made by bin/setup: do not edit. The checkout can be moved; after a change of Ruby or of gems run bin/setup again.
      autoload :Gem, "rubygems" # pg asks for its platform; short commands never do

      root = File.dirname(__dir__)
      $LOAD_PATH.unshift(
        #{load_path.map { |path| ruby(path) }.join(",\n  ")}
      )
      load "\#{root}/exe/#{@program}"
    RUBY
  end

  private

  def load_path
    [@root.join("lib").to_s, *runtime_gems.flat_map(&:full_require_paths)]
  end

  def runtime_gems
    Bundler.definition.specs_for([:default]).reject { |spec| OWN.include?(spec.name) }
  end

  def ruby(path)
    relative = Pathname(path).relative_path_from(@root).to_s
    relative.start_with?("..") ? path.inspect : "\"\#{root}/#{relative}\""
  end
end
