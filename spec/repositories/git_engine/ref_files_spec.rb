# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::GitEngine::RefFiles do
  include GitEngineRuns

  def lines(source)
    described_class.new(source).lines
  end

  # What git lists.
  def listed(source)
    git(source, "for-each-ref", "--format=%(objectname) %(refname)", "refs/").b.lines(chomp: true).map do |line|
      "#{line}\n"
    end
  end

  let(:source) { small_repository(at("a.git")) }
  let(:id) { git(source, "rev-parse", "main") }

  it "reads what git lists: files, packed refs, and both" do
    refs = { "refs/heads/a-b" => id, "refs/heads/a/b" => id, "refs/heads/a.b" => id, "refs/stash" => id,
             "refs/heads/ünï".b => id, "refs/heads/\xE9".b => id }
    set_refs(source, refs)
    git(source, "tag", "-a", "-m", "v1", "v1")
    states = [-> {}, -> { git(source, "pack-refs", "--all") }, -> { set_refs(source, "refs/heads/a/b" => "#{id}~1") },
              -> { git(source, "update-ref", "-d", "refs/stash") }, -> { set_refs(source, "refs/new" => id) }]
    states.each do |change|
      change.call
      expect(lines(source)).to eq(listed(source))
    end
  end

  it "reads no refs where there are none" do
    expect(lines(bare_repository(at("empty.git")))).to eq([])
  end

  it "passes over locks, hidden files and empty folders, as git does" do
    FileUtils.mkdir_p("#{source}/refs/heads/gone")
    %w[refs/heads/main.lock refs/heads/.hidden].each { |name| File.write("#{source}/#{name}", "") }
    expect(lines(source)).to eq(listed(source))
  end

  {
    "a symbolic ref" => ->(path) { File.write("#{path}/refs/heads/s", "ref: refs/heads/main\n") },
    "a ref that is a link" => ->(path) { File.symlink("main", "#{path}/refs/heads/s") },
    "a folder that is a link" => ->(path) { File.symlink("heads", "#{path}/refs/other") },
    "an empty file" => ->(path) { File.write("#{path}/refs/heads/s", "") },
    "a file of something else" => ->(path) { File.write("#{path}/refs/heads/s", "rubbish\n") },
    "a name git would not write" => ->(path) { FileUtils.cp("#{path}/refs/heads/main", "#{path}/refs/heads/a b") },
    "a FIFO" => ->(path) { File.mkfifo("#{path}/refs/heads/s") },
    "a line in packed-refs it does not know" => lambda { |path|
      File.write("#{path}/packed-refs", "# pack-refs with:\nx\n")
    },
    "a packed name git would not write" => lambda { |path|
      File.write("#{path}/packed-refs", "#{"a" * 40} refs/heads/a..b\n")
    },
    "packed refs that are a link" => ->(path) { File.symlink("/etc/hostname", "#{path}/packed-refs") },
    "packed refs that were cut off" => ->(path) { File.write("#{path}/packed-refs", "#{"a" * 40} refs/heads/x") }
  }.each do |what, damage|
    it "leaves #{what} to git" do
      damage.call(source)
      expect(lines(source)).to be_nil
    end
  end

  it "leaves very many refs to git" do
    set_refs(source, (1..2100).to_h { |number| ["refs/keep-around/#{number}", id] })
    expect(lines(source)).to be_nil
    git(source, "pack-refs", "--all")
    expect(lines(source)).to eq(listed(source))
  end

  it "says when there are no refs to be read at all" do
    expect { lines(at("nothing.git")) }.to raise_error(Errno::ENOENT)
  end
end
