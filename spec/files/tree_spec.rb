# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Tree do
  it "lists files and directories below a root, links as files" do
    FileUtils.mkdir_p("#{temp_dir}/a/b")
    File.write("#{temp_dir}/a/\xFF".b, "12345")
    File.symlink("/etc", "#{temp_dir}/link")
    tree = described_class.new(temp_dir)
    expect([tree.files.sort, tree.directories.sort]).to eq([["a/\xFF".b, "link"], ["a", "a/b"]])
    expect(tree.bytes).to eq(5 + "/etc".size)
  end
end
