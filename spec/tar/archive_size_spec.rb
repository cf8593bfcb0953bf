# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::ArchiveSize do
  let(:native) { Gitlab::Backup::Native }
  let(:root) { "#{temp_dir}/root".tap { |path| Dir.mkdir(path) } }
  let(:archive) { "#{temp_dir}/a.tar.gz" }
  let(:manifest) { "#{temp_dir}/a.msgpack" }
  let(:place) { native::Place.new(archive) }

  def size(source: root, with: manifest)
    native::Archive.new(root: source, target: archive, manifest: manifest, backup_id: "id", workers: 2).run
    described_class.new(place, with)
  end

  it "counts what will be allocated, and holes not" do
    File.write("#{root}/small", "x")
    File.binwrite("#{root}/large", Random.new(1).bytes(3_000_000))
    File.open("#{root}/holes", "wb") { |file| file.truncate(500_000_000) }
    File.link("#{root}/large", "#{root}/larger")
    found = size
    allocated = Integer(IO.popen(["du", "-s", "--block-size=1", root], &:read)[/\d+/])
    expect(found.bytes).to be_between(allocated, allocated + (4 << 20))
    expect([found.empty?, found.words]).to match([false, /\A4 files \([3-7]\.\d MiB\)\z/])
    expect(found.raw).to be > 500_000_000
  end

  it "knows an archive without members from one of an empty folder" do
    expect(size(source: nil)).to be_empty
    File.unlink(archive, manifest)
    expect([size.empty?, size_again.words]).to eq([false, "0 files (4.0 KiB)"])
  end

  def size_again
    described_class.new(place, manifest)
  end

  it "guesses by gzip's own figure without a manifest" do
    File.binwrite("#{root}/text", "text" * 250_000)
    found = size(with: nil)
    expect(found.bytes).to be_between(1_000_000, 1_020_000)
    expect(found.words).to match(/\Aa.tar.gz \(about 98\d\.\d KiB, it has no manifest\)\z/)
  end

  # A gzip file's last four bytes count modulo 4 GiB.
  it "never guesses less than it takes compressed" do
    File.binwrite(archive, "\x1F\x8B#{"x" * 98}\x05\0\0\0".b)
    expect(described_class.new(place, nil).bytes).to eq((1 << 32) + 5)
  end

  it "says what is no gzip file" do
    File.binwrite(archive, "x")
    expect { described_class.new(place, nil) }.to raise_error(native::FormatError, /a.tar.gz is no gzip file/)
  end
end
