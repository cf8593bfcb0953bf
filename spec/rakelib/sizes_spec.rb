# frozen_string_literal: true

require "fileutils"
require_relative "../../rakelib/support/checks/sizes"

RSpec.describe Checks::Sizes do
  def sizes(lines)
    folder = File.join(temp_dir, "ext/gitlab_backup_native/core")
    FileUtils.mkdir_p(folder)
    body = "    a;\n" * lines
    File.write(File.join(folder, "gbn_x.c"), "static int\nlong_one(int a,\n         int b)\n{\n#{body}}\n")
    described_class.new(root: temp_dir)
  end

  let(:name) { "ext/gitlab_backup_native/core/gbn_x.c:2: long_one" }

  it "is content with a function of 40 lines" do
    expect([sizes(40).notes, sizes(40).problems]).to eq([[], []])
  end

  it "wants a look at one of 41" do
    expect([sizes(41).notes, sizes(41).problems]).to eq([["#{name}: 41 lines, the limit is 40"], []])
  end

  it "refuses one of 71" do
    expect([sizes(71).notes, sizes(71).problems]).to eq([[], ["#{name}: 71 lines, the limit is 70"]])
  end
end
