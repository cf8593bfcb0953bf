# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Members do
  include ArchiveOracles

  let(:tar) { "#{temp_dir}/outer.tar" }
  let(:root) { "#{temp_dir}/root".tap { |path| Dir.mkdir(path) } }

  def pack(*options)
    oracle("tar", "-cf", tar, *options, "-C", root, ".")
  end

  def create(name, content)
    path = "#{root}/#{name}"
    FileUtils.mkdir_p(File.dirname(path))
    File.binwrite(path, content)
  end

  # By all system calls of this process.
  def bytes_read
    File.read("/proc/self/io")[/^rchar: (\d+)/, 1].to_i
  end

  it "tells where the content of each member lies, whatever the headers" do
    %w[gnu pax ustar].each do |format|
      create("a", "x" * 513)
      create("empty", "")
      create("#{"n" * 90}/#{"m" * 90}", "content")
      pack("--format=#{format}")
      files = described_class.each(tar).select { |member| member.type == "file" }
      expect(files.to_h { |member| [member.name, File.binread(tar, member.size, member.offset) || ""] })
        .to eq(files.to_h { |member| [member.name, File.binread("#{root}/#{member.name}")] })
      expect(files.size).to eq(3)
    end
  end

  it "names types, modes and times as tar does" do
    create("file", "")
    File.chmod(0o640, "#{root}/file")
    File.utime(1, 1_700_000_000, "#{root}/file")
    File.symlink("file", "#{root}/link")
    File.link("#{root}/file", "#{root}/other")
    pack("--sort=name")
    rows = described_class.each(tar).to_h { |member| [member.name, member.type] }
    expect(rows).to eq("./" => "directory", "./file" => "file", "./link" => "symlink", "./other" => "hardlink")
    expect(described_class.each(tar)[1].to_h).to include(mode: 0o640, mtime: 1_700_000_000, size: 0)
  end

  it "skips content: what has a size of terabytes costs nothing" do
    header = Gitlab::Backup::Native::TarHeader.bytes(name: "huge", mode: 0o600, mtime: Time.at(0), size: 1 << 40)
    File.binwrite(tar, header)
    last = Gitlab::Backup::Native::TarHeader.bytes(name: "last", mode: 0o600, mtime: Time.at(0))
    File.open(tar, "r+b") { |file| file.pwrite(last + ("\0" * 10_240), header.bytesize + (1 << 40)) }
    expect(described_class.each(tar).map(&:name)).to eq(%w[huge last])
  end

  it "says where a cut or damaged archive ends" do
    create("a", "x" * 5000)
    pack
    File.truncate(tar, 3000)
    expect { described_class.each(tar) }.to raise_error(Gitlab::Backup::Native::FormatError, /ends within/)
    File.binwrite(tar, "no header" * 1000)
    expect { described_class.each(tar) }.to raise_error(Gitlab::Backup::Native::FormatError)
    expect { described_class.each(temp_dir) }.to raise_error(Gitlab::Backup::Native::Error, /not a regular file/)
  end

  it "goes on behind damage when asked to, and names what the damaged header says" do
    create("a", "x" * 5000)
    create("b", "y" * 700)
    pack("--sort=name")
    File.binwrite(tar, "?", 512)
    gaps = []
    found = described_class.each(tar, lost: ->(gap) { gaps << gap })
    expect(found.map { |member| [member.name, member.size] }).to eq([["./", 0], ["./b", 700]])
    expect(gaps.map(&:to_a)).to eq([[512, 512 + 5120, "?/a"]])
    File.truncate(tar, found.last.offset + 300)
    expect(described_class.each(tar, lost: ->(*) {}).last.to_a).to include(300, 400)
  end

  it "lets itself be interrupted while it looks for a header" do
    File.binwrite(tar, "no header")
    File.truncate(tar, 1 << 40)
    before = bytes_read
    search = Thread.new { described_class.each(tar, lost: ->(*) {}) }
    Thread.pass until bytes_read > before + (32 << 20) # four of its pauses
    expect(search.kill.join(30)).to be(search)
  end

  it "closes the file when the block is left" do
    create("a", "")
    pack
    before = Processes.descriptors
    expect { described_class.each(tar) { |member| raise KeyError if member } }.to raise_error(KeyError)
    expect(Processes.descriptors).to eq(before)
  end
end
