# frozen_string_literal: true

require_relative "../../rakelib/support/checks/portable"

RSpec.describe Checks::Portable do
  def problems(text)
    system("git", "init", "--quiet", temp_dir)
    File.write(File.join(temp_dir, "a.txt"), text)
    described_class.new(root: temp_dir).problems
  end

  it "finds the folder of one machine" do
    expect(problems("x\ncd #{File.join("", "work", "main")}\n")).to match([/\Aa\.txt:2: a path of one machine/])
  end

  it "finds the host of a package registry" do
    expect(problems("source \"https://#{%w[rubygems org].join(".")}\"\n")).to match([/a package registry's host/])
  end

  it "leaves the folders of GitLab and relative ones alone" do
    expect(problems("/var/opt/gitlab/backups /home/git/gitlab lib/work/x $root/work/x\n")).to eq([])
  end
end
