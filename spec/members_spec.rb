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

  it "closes the file when the block is left" do
    create("a", "")
    pack
    before = Processes.descriptors
    expect { described_class.each(tar) { |member| raise KeyError if member } }.to raise_error(KeyError)
    expect(Processes.descriptors).to eq(before)
  end
end
