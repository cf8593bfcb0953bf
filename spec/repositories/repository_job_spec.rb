# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::RepositoryJob do
  def job(relative_path, storage_name: "default", project: "group/project")
    described_class.new(storage_name: storage_name, relative_path: relative_path, gl_project_path: project,
                        always_create: false)
  end

  it "is a line of gitaly-backup's, with all four keys in its order" do
    expect(job("@hashed/a.git").to_line)
      .to eq(%({"storage_name":"default","relative_path":"@hashed/a.git","gl_project_path":"group/project",) +
             %("always_create":false}\n))
  end

  it "comes back from its line" do
    expect(described_class.parse(job("a \"b\"\n.git").to_line)).to eq(job("a \"b\"\n.git"))
  end

  it "has a line also when a name is not UTF-8" do
    expect(described_class.parse(job("a.git", project: "\xE9").to_line).gl_project_path).to eq("\uFFFD")
  end

  it "is named by its place, and by its project where it has one" do
    expect([job("a.git").label, job("a.git", project: "").label])
      .to eq(["default/a.git (group/project)", "default/a.git"])
  end

  ["@hashed/aa/bb/cc.git", "group/sub..group/pro ject.git", "a..git"].each do |path|
    it "lies beneath its storage at #{path}" do
      expect(job(path)).to be_beneath_storage
    end
  end

  ["", "/etc/a.git", "../a.git", "a/../../b.git", "a/..", "a//b.git", "a/./b.git", "a/", "a\0b", "\xFF.git",
   "#{"a/" * 100}b"].each do |path|
    it "does not lie beneath its storage at #{path[0, 20].inspect}" do
      expect(job(path)).not_to be_beneath_storage
    end
  end

  it "does not trust the storage's name either" do
    expect([job("a.git", storage_name: "../x"),
            job("a.git", storage_name: nil)].map(&:beneath_storage?)).to eq([false, false])
  end
end
