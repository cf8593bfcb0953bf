# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Archive, "with dedup" do
  include ArchiveOracles
  include ReuseRuns

  large = Random.new(5).bytes(1_500_000)

  # A tree for each example, as all of them can settle at once.
  before(:context) do
    @trees = Dir.mktmpdir
    10.times { |index| plant("#{@trees}/#{index}", large) }
    settle(@trees)
  end

  after(:context) { FileUtils.rm_rf(@trees) }

  let(:root) { Dir["#{@trees}/*"].max.tap { |tree| File.rename(tree, "#{temp_dir}/root") }.then { "#{temp_dir}/root" } }

  def plant(tree, large)
    FileUtils.mkdir_p("#{tree}/a")
    { "a/one" => large, "other" => large.reverse, "two" => large, "small" => "x" * 1000, "small twin" => "x" * 1000 }
      .each { |name, content| File.binwrite("#{tree}/#{name}", content) }
  end

  def archive(name, previous: nil, **options)
    earlier = previous && { manifest: "#{temp_dir}/#{previous}.msgpack", product: "#{temp_dir}/#{previous}.tar.gz" }
    described_class.new(root: root, target: "#{temp_dir}/#{name}.tar.gz", manifest: "#{temp_dir}/#{name}.msgpack",
                        backup_id: name, workers: 2, previous: earlier, **options).run
  end

  def unpacked(name)
    oracle("tar", "-xzf", "#{temp_dir}/#{name}.tar.gz", "-C", "#{temp_dir}/x-#{name}".tap { |path| Dir.mkdir(path) })
    "#{temp_dir}/x-#{name}"
  end

  def inodes(folder, *names)
    names.map { |name| File.stat("#{folder}/#{name}").ino }.uniq.size
  end

  def links(name)
    Gitlab::Backup::Native::Manifest.new("#{temp_dir}/#{name}.msgpack").each_entry.select { |e| e.type == "hardlink" }
                                    .to_h { |entry| [entry.path, entry.link] }
  end

  it "stores equal files larger than a block once, and tar gives them back as links" do
    product = archive("one", dedup: true)
    folder = unpacked("one")
    expect(oracle("diff", "-r", root, folder)).to eq("")
    expect([inodes(folder, "a/one", "two"), inodes(folder, "a/one", "other"), inodes(folder, "small", "small twin")])
      .to eq([1, 2, 2])
    expect([links("one"), product.stored < 3_100_000]).to eq([{ "two" => "a/one" }, true])
  end

  it "leaves them as they are when it is not asked for" do
    archive("one")
    expect([links("one"), inodes(unpacked("one"), "a/one", "two")]).to eq([{}, 2])
  end

  it "keeps apart what differs in mode or owner" do
    File.chmod(0o600, "#{root}/two")
    archive("one", dedup: true)
    expect([links("one"), inodes(unpacked("one"), "a/one", "two")]).to eq([{}, 2])
  end

  it "reuses the block of a link as long as what it repeats is the same" do
    archive("one", dedup: true)
    product = archive("two", previous: "one", dedup: true)
    expect([product.reused_raw > 3_000_000, links("two")]).to eq([true, { "two" => "a/one" }])
    expect(oracle("diff", "-r", root, unpacked("two"))).to eq("")
  end

  [["has changed", ->(path) { File.binwrite(path, "new" * 500_000) }], ["is gone", ->(path) { File.unlink(path) }],
   ["is a folder now", ->(path) { File.unlink(path) && Dir.mkdir(path) }]].each do |title, change|
    it "gives a link its content back when what it repeats #{title}" do
      archive("one", dedup: true)
      change.call("#{root}/a/one")
      archive("two", previous: "one", dedup: true)
      expect(oracle("diff", "-r", root, unpacked("two"))).to eq("")
    end
  end

  it "makes plain files of links again when it is no longer asked for" do
    archive("one", dedup: true)
    archive("two", previous: "one")
    expect([links("two"), inodes(unpacked("two"), "a/one", "two")]).to eq([{}, 2])
  end

  it "finds the twin of a new file among those that were reused" do
    archive("one", dedup: true)
    FileUtils.cp("#{root}/other", "#{root}/zz")
    archive("two", previous: "one", dedup: true)
    expect(links("two")).to eq("two" => "a/one", "zz" => "other")
    expect(oracle("diff", "-r", root, unpacked("two"))).to eq("")
  end
end
