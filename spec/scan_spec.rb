# frozen_string_literal: true

require "digest"
require "msgpack"
require "timeout"

RSpec.describe Gitlab::Backup::Native::Scan do
  include UnpackedTrees

  let(:scanned) { "#{temp_dir}/scanned.msgpack" }

  def scan(path, &block)
    FileUtils.rm_f(scanned)
    described_class.new(source: path, manifest: scanned, backup_id: "1_id", product: "p.tar.gz").run(&block)
  end

  # Entries as another reader of msgpack has them, up to the device's number, in whole seconds.
  def entries(path)
    File.open(path, "rb") { |file| MessagePack::Unpacker.new(file).each.to_a }
        .select { |record| record.first == "entry" }
        .map { |record| record[1..12].tap { |fields| fields[3] = fields[3].div(1_000_000_000) } }
  end

  context "with an odd tree" do
    before { OddTree.create(root) }

    it "finds what the manifest of our own archive says" do
      archive
      scan(source)
      expect(entries(scanned)).to eq(entries(manifest))
    end

    it "makes a manifest that Manifest reads" do
      archive
      scan(source)
      made = Gitlab::Backup::Native::Manifest.new(scanned)
      expect(made.fits?(backup_id: "1_id", product: "p.tar.gz")).to be(true)
      expect(made.each_entry(paths: ["tree/1"]).count).to be > 40
      expect(made.trailer.raw_size).to eq(oracle("gzip", "-dc", source).bytesize)
    end

    it "finds in others' archives what tar lists" do
      path = foreign("foreign.tar.gz", "--format=gnu", "--sparse", "--numeric-owner")
      scan(path)
      listed = oracle({ "TZ" => "UTC" }, "tar", "-tvzf", path, "--full-time", "--quoting-style=escape",
                      "--numeric-owner")
      found = Gitlab::Backup::Native::Manifest.new(scanned).each_entry.to_a
      expect(found.map { |entry| Time.at(entry.mtime_ns / 1_000_000_000).utc.strftime("%F %T") })
        .to eq(listed.lines.map { |line| line.split[3, 2].join(" ") })
      sizes = listed.lines.select { |line| line.start_with?("-") }.map { |line| line.split[2].to_i }
      expect(found.select(&:file?).map(&:size)).to eq(sizes)
    end

    it "knows the hash of every file, the holes in it too" do
      scan(foreign("foreign.tar.gz", "--sparse"))
      Gitlab::Backup::Native::Manifest.new(scanned).each_entry.select(&:file?).each do |entry|
        sum = Digest::SHA256.file(File.join(root.b, entry.path)).hexdigest
        expect([entry.path, entry.sha256]).to eq([entry.path, sum])
      end
    end
  end

  it "leaves nothing of an archive that is damaged, and says where" do
    File.binwrite("#{root}/f", Random.new(1).bytes(1_000_000))
    path = foreign
    File.truncate(path, 500_000)
    expect(message { scan(path) }).to match(/\Aread .*foreign\.tar\.gz: inflate at byte \d+: the file ends/)
    expect(Dir.children(temp_dir).sort).to eq(%w[foreign.tar.gz root])
  end

  it "replaces no file" do
    path = foreign
    File.write(scanned, "mine")
    expect(message { described_class.new(source: path, manifest: scanned, backup_id: "1").run }).to match(/File exists/)
    expect(File.read(scanned)).to eq("mine")
  end

  it "leaves nothing when it is interrupted" do
    File.open("#{root}/hole", "wb") { |file| file.truncate(400_000_000_000) }
    path = foreign("foreign.tar.gz", "--sparse")
    expect { Timeout.timeout(0.2) { scan(path) } }.to raise_error(Timeout::Error)
    expect { scan(path) { raise KeyError, "enough" } }.to raise_error(KeyError, "enough")
    expect(Dir.children(temp_dir).sort).to eq(%w[foreign.tar.gz root])
  end
end
