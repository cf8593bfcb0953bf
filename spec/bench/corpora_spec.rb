# frozen_string_literal: true

require "English"
require "open3"
require_relative "../../bench/churn"
require_relative "../../bench/git_import"
require_relative "../../bench/peak"
require_relative "../../bench/room"
require_relative "../../bench/settling"
require_relative "../../bench/tree"

# What benchmarks are made of, in small.
RSpec.describe "bin/bench's data" do
  let(:tree) { "#{temp_dir}/tree" }

  # {path => SHA-256} of the files, by the system's programs.
  def sums
    Open3.capture2("find . -type f -exec sha256sum {} +", chdir: tree).first.lines.to_h { |line| line.split.reverse }
  end

  it "puts so many files into each folder, and nothing is sparse" do
    Bench::Tree.write(tree, files: 100, large_files: 0, median: 500, per_folder: 16)
    folders = Dir["#{tree}/@hashed/*/*/*"]
    expect(folders.map { |folder| Dir.children(folder).size }.sort).to eq([4, *([16] * 6)])
    stats = Dir["#{tree}/**/*"].map { |path| File.stat(path) }.select(&:file?)
    expect(stats.count { |stat| stat.blocks * 512 < stat.size }).to eq(0)
  end

  it "changes a share of the files, always the same ones, and no file's size" do
    Bench::Tree.write(tree, files: 200, large_files: 0)
    system("cp", "-a", tree, "#{tree}2")
    before = sums
    sizes = before.keys.to_h { |path| [path, File.size("#{tree}/#{path}")] }
    expect(Bench::Churn.change(tree, share: 0.1)).to eq(20)
    after = sums
    expect(after.reject { |path, sum| before[path] == sum }.size).to eq(20)
    expect(after.keys.to_h { |path| [path, File.size("#{tree}/#{path}")] }).to eq(sizes)
    Bench::Churn.change("#{tree}2", share: 0.1)
    expect(Open3.capture2e("diff", "-r", tree, "#{tree}2")).to match(["", be_success])
  end

  it "returns when what was changed has settled, and leaves nothing behind" do
    File.write("#{temp_dir}/file", "content")
    Bench::Settling.wait(temp_dir)
    File.write("#{temp_dir}/later", "")
    expect(File.stat("#{temp_dir}/later").ctime - File.stat("#{temp_dir}/file").ctime).to be > 2
    expect(Dir.children(temp_dir)).to match_array(%w[file later])
  end

  it "makes repositories in which git finds nothing wrong" do
    system("git", "init", "--quiet", "--bare", tree, exception: true)
    commits = Array.new(3) { |number| Bench::GitImport.commit("main", number, "a b" => "#{number}\n") }
    Bench::GitImport.run(tree, "#{commits.join}done\n", "fastimport.unpackLimit=1")
    expect(Open3.capture2e("git", "-C", tree, "fsck", "--strict")).to match([anything, be_success])
    expect(`git -C #{tree} rev-list --count main`.to_i).to eq(3)
    expect(Dir["#{tree}/objects/pack/*.pack"].size).to eq(1)
    expect { Bench::GitImport.run(tree, "nonsense\n") }.to raise_error(Bench::Failure, /git fast-import: .*nonsense/)
  end

  it "sees how much memory a program has taken, although it has given it back" do
    program = 'a = "x" * 200_000_000; a = nil; GC.start; sleep 0.05'
    figures = Bench::Peak.of([RbConfig.ruby, "--disable-gems", "-e", program])
    expect(figures.mebibytes).to be_between(190, 260)
    expect { Bench::Peak.of(%w[false]) }.to raise_error(Bench::Failure, /\Afalse failed/)
  end

  it "says what is lacking before anything is made" do
    expect(Bench::Room.lack(temp_dir, disk: 1)).to be_nil
    expect(Bench::Room.lack(temp_dir, disk: 10**18)).to match(/\Aneeds 1000000000 GB of disk space, \d+ GB are free\z/)
    expect(Bench::Room.lack(temp_dir, disk: 1, memory: 10**18)).to match(/\Aneeds \d+ GB of memory, for the page cache/)
  end
end
