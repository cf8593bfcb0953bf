# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::RepositorySpool do
  let(:spool) { described_class.new(temp_dir) }

  after { spool.close }

  def push(*paths, storage: "default")
    paths.each do |path|
      spool.push(Gitlab::Backup::Native::RepositoryJob.new(storage_name: storage, relative_path: path,
                                                           gl_project_path: "p", always_create: true))
    end
  end

  it "gives back what was pushed, in order, and nil at the end" do
    push("a.git", "b.git")
    spool.rewind
    expect([spool.shift, spool.shift, spool.shift].map { |job| job&.relative_path }).to eq(["a.git", "b.git", nil])
  end

  it "counts by storage" do
    push("a.git", "b.git")
    push("c.git", storage: "other")
    expect([spool.size, spool.counts, spool.empty?]).to eq([3, { "default" => 2, "other" => 1 }, false])
  end

  it "gives each job to one of many threads" do
    push(*(1..1000).map { |number| "#{number}.git" })
    spool.rewind
    taken = -> { Enumerator.produce { spool.shift || raise(StopIteration) }.map(&:relative_path) }
    threads = Array.new(8) { Thread.new(&taken) }
    expect(threads.flat_map(&:value).map(&:to_i).sort).to eq((1..1000).to_a)
  end

  it "is a program's standard input, from its first line" do
    push("a.git", "b.git")
    output = IO.popen(["cat"], in: spool.rewind, &:read)
    expect(output.lines.map { |line| JSON.parse(line)["relative_path"] }).to eq(["a.git", "b.git"])
  end

  it "leaves no file behind" do
    push("a.git")
    expect(Dir.children(temp_dir)).to eq([])
  end

  it "says where there is no room for it" do
    expect { described_class.new("/nonexistent") }
      .to raise_error(Gitlab::Backup::Native::Error,
                      "cannot make a temporary file in /nonexistent: No such file or directory")
  end
end
