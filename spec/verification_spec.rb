# frozen_string_literal: true

require "digest"
require "timeout"
require "zlib"

RSpec.describe Gitlab::Backup::Native::Verification do
  include UnpackedTrees

  context "with an odd tree" do
    before { OddTree.create(root) }

    it "finds nothing wrong, and knows what there is, with and without a manifest" do
      product = archive
      [manifest, nil].each do |path|
        unpacked = verify(manifest: path)
        expect(unpacked.findings).to eq([])
        expect(unpacked.to_h.slice(:directories, :entries, :raw, :stored, :sha256))
          .to eq(product.to_h.slice(:directories, :entries, :raw, :stored, :sha256))
      end
    end

    it "knows the sum of a tar that is not compressed" do
      product = archive(compress: false)
      expect([verify.sha256, verify(manifest: nil).sha256]).to eq([product.sha256] * 2)
    end

    it "reads what other programs made" do
      path = foreign("foreign.tar.gz", "--format=posix")
      unpacked = verify(source: path, manifest: nil)
      names = oracle("tar", "-tzf", path, "--null", "--quoting-style=literal").lines.size - 1 # for a line feed
      expect([unpacked.damage_count, unpacked.entries, unpacked.sha256])
        .to eq([0, names, Digest::SHA256.file(path).hexdigest])
    end
  end

  context "with small and large files" do
    before do
      8.times { |i| File.binwrite("#{root}/#{i}", Random.new(i).bytes(i * 60_000)) }
      File.binwrite("#{root}/large", Random.new(9).bytes(2_500_000))
      archive
    end

    it "finds damage wherever it lies, and names the files and the place" do
      size = File.size(source)
      20.times do |i|
        at = (size / 20 * i) + 11
        flip(source, at, i % 8)
        unpacked = verify
        files = unpacked.damages.select { |damage| damage.kind == "file" }
        expect(files).not_to be_empty
        expect(files.any? { |damage| (damage.offset...(damage.offset + damage.length)).cover?(at) }).to be(true)
        expect(unpacked.sha256).to eq(Digest::SHA256.file(source).hexdigest)
        flip(source, at, i % 8)
      end
      expect(verify.damage_count).to eq(0)
    end

    it "finds a cut, and has no sum then" do
      File.truncate(source, File.size(source) / 2)
      unpacked = verify
      expect(unpacked.damages.map(&:kind).uniq.sort).to eq(%w[block file product])
      expect([unpacked.sha256, unpacked.files.positive?]).to eq([nil, true])
    end
  end

  it "counts all damage and keeps the first thousand" do
    1500.times { |i| File.write("#{root}/#{i}", "") }
    archive
    blocks = Gitlab::Backup::Native::Manifest.new(manifest).each_block.to_a
    blocks.each { |block| flip(source, block.stored_offset + (block.stored_size / 2)) }
    unpacked = verify
    expect([unpacked.damages.size, unpacked.damage_count]).to eq([1000, 1501 + blocks.size])
    expect(unpacked.counts).to eq({ "block" => blocks.size, "file" => 1501 })
  end

  # The zeros end the archive for tar.
  [TarBytes::ENDING, ("\0" * TarBytes::BLOCK).b].each do |zeros|
    it "finds #{zeros.bytesize} zeros amid an archive, though the manifest knows what is behind" do
      crafted = CraftedProduct.new
      %w[a b c].each { |name| crafted.add(name, TarBytes.member("./#{name}", name), size: 1, content: name) }
      crafted.write("#{temp_dir}/p.tar", "#{temp_dir}/p.msgpack", amid: zeros)
      expect(`tar -tf #{temp_dir}/p.tar 2>/dev/null`).to eq("./a\n")
      unpacked = verify(source: "#{temp_dir}/p.tar", manifest: "#{temp_dir}/p.msgpack")
      expect(unpacked.damages.map { |damage| [damage.kind, damage.reason] })
        .to eq([["product", "an end of the archive stands before this: tar reads no further"]])
      crafted.write("#{temp_dir}/p.tar", "#{temp_dir}/p.msgpack", amid: "")
      expect(verify(source: "#{temp_dir}/p.tar", manifest: "#{temp_dir}/p.msgpack").damages).to eq([])
    end
  end

  it "reads products that are no archives, and gives their end" do
    path = "#{temp_dir}/database.sql.gz"
    text = "#{"INSERT INTO t VALUES (1);\n" * 100_000}-- PostgreSQL database dump complete\n"
    File.binwrite(path, Zlib.gzip(text))
    unpacked = verify(source: path, manifest: nil, archive: false)
    expect([unpacked.damages, unpacked.raw, unpacked.tail]).to eq([[], text.bytesize, text[-256..]])
    File.truncate(path, File.size(path) - 1)
    cut = verify(source: path, manifest: nil, archive: false)
    expect(cut.damages.map(&:reason)).to match([/the file ends too early/])
  end

  it "reads a stream by its manifest" do
    path = "#{temp_dir}/database.sql.gz"
    reader, writer = IO.pipe
    thread = Thread.new { writer.write("row\n" * 1_000_000) && writer.close }
    product = Gitlab::Backup::Native::Stream.new(io: reader, target: path, manifest: manifest, backup_id: "1_id",
                                                 workers: 2).run
    thread.join
    unpacked = verify(source: path, archive: false)
    expect([unpacked.damages, unpacked.sha256, unpacked.tail]).to eq([[], product.sha256, "row\n" * 64])
  end

  it "raises for what cannot be read at all, and for no damage" do
    expect(message { verify(source: "#{temp_dir}/no") }).to eq("open no: No such file or directory")
    expect(message { verify(source: temp_dir, manifest: nil) }).to match(/not a regular file/)
    File.binwrite(source, Random.new(1).bytes(100_000))
    File.binwrite(manifest, Random.new(2).bytes(1000))
    expect(verify.damages.map(&:kind)).to eq(%w[manifest])
    expect(verify(manifest: nil).damages.map(&:kind)).to eq(%w[product])
  end

  it "leaves nothing behind when it is interrupted" do
    20.times { |i| File.binwrite("#{root}/#{i}", Random.new(i).bytes(1_000_000)) }
    archive
    descriptors = Processes.descriptors
    10.times do |i|
      thread = Thread.new { verify(manifest: i.odd? ? manifest : nil) }
      sleep(i * 0.002) # the moments are meant to differ
      thread.kill.join
    end
    expect { Timeout.timeout(0.05) { loop { verify } } }.to raise_error(Timeout::Error)
    expect(Processes.descriptors).to eq(descriptors)
  end
end
