# frozen_string_literal: true

require "fileutils"
require_relative "../../rakelib/support/checks/manifest"

RSpec.describe Checks::Manifest do
  def problems(tree, shipped)
    system("git", "init", "--quiet", temp_dir)
    tree.each do |path|
      FileUtils.mkdir_p(File.join(temp_dir, File.dirname(path)))
      File.write(File.join(temp_dir, path), "")
    end
    File.write(File.join(temp_dir, "x.gemspec"), "Gem::Specification.new { |s| s.files = #{shipped.inspect} }")
    described_class.new("x.gemspec", root: temp_dir).problems
  end

  it "is content when both agree, whatever else is in the tree" do
    expect(problems(%w[lib/a.rb spec/a_spec.rb LICENSE], %w[lib/a.rb LICENSE])).to eq([])
  end

  it "finds what the gem would miss" do
    expect(problems(%w[lib/a.rb lib/data.bin], %w[lib/a.rb])).to eq(["lib/data.bin: no pattern of x.gemspec takes it"])
  end

  it "finds what git does not have" do
    expect(problems(%w[lib/a.rb], %w[lib/a.rb lib/a.so])).to eq(["lib/a.so: x.gemspec takes it, git does not"])
  end
end
