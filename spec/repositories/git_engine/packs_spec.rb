# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::GitEngine::Packs do
  include GitEngineRuns

  # A repository with two packs, a hundred objects and one of several megabytes.
  def packed_repository(format: "sha1")
    source = small_repository(at("a.git"), format: format)
    git(source, "repack", "-adq")
    set_refs(source, (1..30).to_h { |number| ["refs/heads/#{number}", commit(source, "text #{number}")] })
    set_refs(source, "refs/heads/large" => commit(source, Random.new(1).bytes(3_000_000)))
    git(source, "repack", "-dq")
    source
  end

  def sound?(source, id_size: 20)
    described_class.new.sound?("#{source}/objects", id_size)
  end

  def change(path, at)
    File.chmod(0o644, path)
    File.open(path, "r+b") { |file| file.pwrite((file.pread(1, at).ord ^ 1).chr, at) }
  end

  { "sha1" => 20, "sha256" => 32 }.each do |format, id_size|
    it "finds the packs of a #{format} repository sound" do
      source = packed_repository(format: format)
      expect([Dir["#{source}/objects/pack/*.idx"].size, sound?(source, id_size: id_size)]).to eq([2, true])
    end
  end

  it "finds a repository without packs sound: git reads loose objects itself" do
    expect(sound?(small_repository(at("a.git")))).to be(true)
  end

  it "finds one changed byte, wherever it is" do
    packs = Dir["#{packed_repository}/objects/pack/*.pack"]
    verdicts = packs.flat_map do |pack|
      [12, File.size(pack) / 2, File.size(pack) - 21].map do |at|
        change(pack, at)
        sound?(at("a.git")).tap { change(pack, at) }
      end
    end
    expect([verdicts.uniq, sound?(at("a.git"))]).to eq([[false], true])
  end

  # Places in an index (gitformat-pack), one in each of its parts.
  def parts(index, id_size)
    count = File.binread(index, 4, 8 + (255 * 4)).unpack1("N")
    ids = 8 + 1024
    sums = ids + (count * id_size)
    { magic: 1, version: 7, fan_out: 8 + (100 * 4), count: ids - 1, first_id: ids, last_id: sums - 1,
      sums: sums + (4 * (count / 2)), offsets: sums + (4 * count), last_offset: sums + (8 * count) - 1,
      hash_of_the_pack: File.size(index) - (2 * id_size), own_hash: File.size(index) - 1 }
  end

  # Both verdicts, ours and git's.
  def verdicts(index, format, id_size)
    [sound?(at("a.git"), id_size: id_size),
     system("git", "verify-pack", "--object-format=#{format}", index, err: File::NULL)]
  end

  { "sha1" => 20, "sha256" => 32 }.each do |format, id_size|
    it "finds one flipped bit in any part of a #{format} repository's index, as git does" do
      index = Dir["#{packed_repository(format: format)}/objects/pack/*.idx"].min_by { |path| File.size(path) }
      found = parts(index, id_size).transform_values do |place|
        change(index, place)
        verdicts(index, format, id_size).tap { change(index, place) }
      end
      expect(found.reject { |_, verdicts| verdicts == [false, false] }).to eq({})
      expect(verdicts(index, format, id_size)).to eq([true, true])
    end
  end

  it "does not vouch for a pack that was cut off, an index that was, or one it does not know" do
    packed_repository
    index = Dir["#{at("a.git")}/objects/pack/*.idx"].first
    [-> { File.truncate(index, File.size(index) / 2) }, -> { File.binwrite(index, "version 1") },
     -> { File.truncate(index.sub(/idx\z/, "pack"), 100) }].each do |damage|
      files = [index, index.sub(/idx\z/, "pack")].to_h { |path| [path, File.binread(path)] }
      files.each_key { |path| File.chmod(0o644, path) }
      damage.call
      expect(sound?(at("a.git"))).to be(false)
      files.each { |path, content| File.binwrite(path, content) }
    end
    expect(sound?(at("a.git"))).to be(true)
  end

  it "does not vouch for more objects than it takes into memory" do
    stub_const("#{described_class.name}::ENTRIES", 5)
    expect(sound?(packed_repository)).to be(false)
  end

  it "looks at the packs of a pool, over a relative path as well, once for all its forks" do
    pool = packed_repository
    packs = described_class.new
    %w[b.git c.git].each do |name|
      File.write("#{bare_repository(at(name))}/objects/info/alternates", "../../a.git/objects\n")
    end
    expect(packs.sound?("#{at("b.git")}/objects", 20)).to be(true)
    change(Dir["#{pool}/objects/pack/*.pack"].first, 20)
    expect([packs.sound?("#{at("c.git")}/objects", 20), described_class.new.sound?("#{at("c.git")}/objects", 20)])
      .to eq([true, false])
  end

  it "does not vouch for a pool that is not there" do
    File.write("#{bare_repository(at("b.git"))}/objects/info/alternates", "/nonexistent/objects\n")
    expect(sound?(at("b.git"))).to be(false)
  end
end
