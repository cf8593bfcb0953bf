# frozen_string_literal: true

require "msgpack"
require "timeout"

RSpec.describe Gitlab::Backup::Native::Manifest do
  let(:root) { "#{temp_dir}/root".tap { |path| Dir.mkdir(path) } }
  let(:path) { "#{temp_dir}/p.tar.gz.msgpack" }
  let(:manifest) { described_class.new(path) }

  def archive
    Gitlab::Backup::Native::Archive.new(root: root, target: "#{temp_dir}/p.tar.gz", manifest: path,
                                        backup_id: "1_\xFF".b, product: "p.tar.gz", workers: 2).run
  end

  # Arrays as another reader of msgpack has them, of one kind, without its name.
  def records(kind)
    File.open(path, "rb") { |file| MessagePack::Unpacker.new(file).each.to_a }
        .select { |record| record.first == kind }.map { |record| record.drop(1) }
  end

  # As Entry has it: the digest in hexadecimal, nothing of what only the next backup wants.
  def as_entry(fields)
    fields[5] = fields[5]&.unpack1("H*")
    fields.first(12)
  end

  # How many descriptors of this process are the file's.
  def open_files
    Dir.glob("/proc/self/fd/*").count { |link| File.symlink?(link) && File.readlink(link) == path }
  end

  it "leaves no file open when it is done with, read to the end or not" do
    %w[a b].each { |name| File.write("#{root}/#{name}", "content") }
    archive
    GC.disable
    manifest.header
    manifest.trailer
    expect([manifest.each_block.to_a.size, manifest.each_entry.first.path]).to eq([1, ""])
    expect { manifest.each_entry { |entry| entry[:colour] } }.to raise_error(NameError)
    expect(open_files).to eq(0)
  ensure
    GC.enable
  end

  context "with an archive of an odd tree" do
    before do
      OddTree.create(root)
      archive
    end

    it "gives each entry as another reader of msgpack does" do
      expect(manifest.each_entry.map(&:to_a)).to eq(records("entry").map { |fields| as_entry(fields) })
    end

    it "gives each block, the header and the trailer likewise" do
      header = manifest.header
      expect([1, *header]).to eq([*records("header").first, 0, nil])
      expect(manifest.each_block.map(&:to_a)).to eq(records("block"))
      expect(manifest.trailer.to_a.values_at(0..5, 7..)).to eq([*records("trailer").first[..-2], 0, 0, 0])
      expect(manifest.trailer.sha256).to eq(Digest::SHA256.file("#{temp_dir}/p.tar.gz").hexdigest)
    end

    it "gives paths as bytes" do
      expect(manifest.each_entry.map { |entry| entry.path.encoding }.uniq).to eq([Encoding::BINARY])
    end

    it "narrows to paths and what is beneath them" do
      all = manifest.each_entry.map(&:path)
      wanted = ["tree/1", "links", "new\nline", "tree/nowhere"]
      found = manifest.each_entry(paths: wanted).map(&:path)
      expect(found).to eq(all.select { |name| wanted.any? { |path| name == path || name.start_with?("#{path}/") } })
      expect(found.size).to be > 40
      expect(manifest.each_entry(paths: [""]).map(&:path)).to eq(all)
      expect(manifest.each_entry(paths: []).to_a).to eq([])
    end

    it "knows what it belongs to" do
      expect(manifest.fits?(backup_id: "1_\xFF", product: "p.tar.gz")).to be(true)
      expect(manifest.fits?(backup_id: "1_", product: "p.tar.gz")).to be(false)
      expect(manifest.fits?(backup_id: "1_\xFF", product: "q.tar.gz")).to be(false)
    end

    it "can be left in the middle, and read again" do
      expect(manifest.each_entry.first(2).map(&:path)).to eq(["", "-rf"])
      expect(manifest.each_entry.count).to eq(manifest.trailer.entries)
    end

    it "leaves no descriptor open once it is collected" do
      20.times { manifest.each_entry.first(1) }
      GC.start
      opened = Dir["/proc/self/fd/*"].count { |link| File.readlink(link) == path rescue false } # rubocop:disable Style/RescueModifier
      expect(opened).to be < 5
    end

    it "passes on what the block raises" do
      expect { manifest.each_entry { |entry| raise "enough" if entry.file? } }.to raise_error("enough")
    end

    it "refuses a manifest that is cut" do
      File.truncate(path, File.size(path) - 1)
      expect { manifest.trailer }
        .to raise_error(Gitlab::Backup::Native::FormatError, /\Aread the manifest #{path} at byte \d+: it ends amid/)
    end
  end

  it "gives notes" do
    UNIXServer.new("#{root}/s").close
    archive
    expect(manifest.each_note.map { |note| [note.kind, note.path] }).to eq([%w[skipped s]])
  end

  it "gives devices their numbers" do
    skip "needs root" unless Process.uid.zero? && system("mknod", "#{root}/d", "c", "1", "3", err: File::NULL)
    archive
    expect(manifest.each_entry(paths: ["d"]).map { |entry| [entry.type, entry.rdev] }).to eq([["character", [1, 3]]])
  end

  it "says that a file is missing" do
    expect { manifest.header }.to raise_error(Gitlab::Backup::Native::Error, "open #{path}: No such file or directory")
  end

  it "refuses another program's bytes" do
    File.binwrite(path, "not a manifest")
    expect { manifest.header }.to raise_error(Gitlab::Backup::Native::FormatError, /at byte 0/)
  end

  it "reads while a Timeout and other threads get their turn" do
    Dir.mkdir("#{root}/many")
    3_000.times { |i| File.write("#{root}/many/#{i}", "") }
    archive
    expect { Timeout.timeout(0.2) { loop { manifest.trailer && manifest.each_entry(paths: ["x"]).to_a } } }
      .to raise_error(Timeout::Error)
  end
end
