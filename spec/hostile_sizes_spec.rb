# frozen_string_literal: true

require "msgpack"

# Archives and manifests that claim, or hold, more than there can be.
RSpec.describe Gitlab::Backup::Native::Extraction do
  include HostileExtractions
  include TinyDisk
  include HostileSizes

  let(:megabyte) { 1024 * 1024 }
  let(:product) { CraftedProduct.new }

  HostileExtractions::WAYS.each do |way, indexed|
    context way do
      it "refuses a sparse file of 8 exbibytes, or makes it where the file system can" do
        real = (2**63) - 1
        product.add("s", TarBytes.sparse("s", real, [[real - 512, 512]]), size: real)
        outcome = extract(write(product, indexed))
        expect(outcome || File.size("#{target}/s")).to match(/s/).or eq(real)
      end

      it "refuses a file that claims 8 exbibytes" do
        product.add("f", TarBytes.member("f", "x" * 512, size: (2**63) - 2), size: (2**63) - 2)
        expect_refusal(write(product, indexed), /p\.tar/)
      end

      it "refuses a sparse map that goes backwards, past the end, or on for ever" do
        maps = [[[5000, 512], [0, 512]], [[100_000, 512]], [[2**62, 512]], Array.new(300_000) { |i| [i * 1024, 1] }]
        maps.each do |map|
          product.members.clear
          product.add("s", TarBytes.sparse("s", 10_000, map), size: 10_000)
          expect_refusal(write(product, indexed), /p\.tar/)
        end
      end
    end
  end

  it "leaves a sparse map's holes as holes" do
    product.add("s", TarBytes.sparse("s", 5 * megabyte, [[megabyte, 512], [4 * megabyte, 100]]))
    expect(extract(write(product, false))).to be_nil
    status = File.stat("#{target}/s")
    expect([status.size, File.binread("#{target}/s").count("x")]).to eq([5 * megabyte, 612])
    expect(status.blocks).to be < 100
  end

  it "stops a bomb when the space is used up, in bounded memory" do
    expect_refusal(bomb("a", 1000), /more comes out of .*p\.tar\.gz than fits/, space: 10 * megabyte)
  end

  it "stops a bomb when the disk is full" do
    skip "mounting is not allowed here" unless TinyDisk.available?
    paths = bomb("a", 100)
    script = "require 'gitlab/backup/native'; " \
             "Gitlab::Backup::Native::Extraction.new(source: ARGV[0], target: ARGV[1], workers: 2).run"
    output, status, = on_tiny_disk(target, "size=8m", RbConfig.ruby, "-I", File.expand_path("../lib", __dir__), "-e",
                                   script, paths[:source], target)
    expect([output, status]).to match([/write bomb.*No space left on device/, 1])
  end

  it "makes a hole of a bomb of zeros", :deep do
    output, peak = run_elsewhere(bomb("\0", 10_000), space: 10 * megabyte)
    expect([output, File.size("#{target}/bomb"), File.stat("#{target}/bomb").blocks]).to eq(
      ["extracted\n", 10_000 * megabyte, 0]
    )
    expect(peak).to be < HostileSizes::PEAK_KILOBYTES
  end

  describe "a manifest that claims" do
    def claim
      product.members.clear
      product.add("f", TarBytes.member("f", "content"), size: 7, content: "content")
      paths = write(product, true)
      records = File.open(paths[:manifest], "rb") { |file| MessagePack::Unpacker.new(file).each.to_a }
      File.binwrite(paths[:manifest], yield(records).map { |record| record.is_a?(String) ? record : record.to_msgpack }
                                                    .join)
      paths
    end

    # Which record, which of its elements.
    { "an offset" => [1, 2], "a raw size" => [1, 3], "a stored offset" => [1, 4], "a stored size" => [1, 5],
      "a block's number" => [1, 1], "a file's size" => [2, 5], "an entry's block" => [2, 13],
      "an offset in a block" => [2, 14], "a count of blocks" => [-1, 1], "a count of entries" => [-1, 2],
      "a count of notes" => [-1, 3], "a raw total" => [-1, 4],
      "a stored total" => [-1, 5] }.each do |name, (record, at)|
      it "#{name} that cannot be is refused" do
        expect_refusal(claim { |records| records.tap { records[record][at] = 2**63 } }, /p\.(?:msgpack|tar)/)
        [(2**64) - 1, 2**32].each do |number|
          paths = claim { |records| records.tap { records[record][at] = number } }
          expect([verify(paths), extract(paths)]).to match([be_any, match(/p\.(?:msgpack|tar)/)])
          FileUtils.rm_f("#{target}/f")
        end
      end
    end

    { "an array of 2^32 elements" => "\xDD\xFF\xFF\xFF\xFF",
      "a name of 4 GiB" => "\x95\xA6header\x01\xC6\xFF\xFF\xFF\xFF",
      "a map of 2^32 pairs" => "\xDF\xFF\xFF\xFF\xFF", "a thousand arrays in one another" => "\x91" * 1000,
      "an extension of 4 GiB" => "\xC9\xFF\xFF\xFF\xFF\x01" }.each do |name, bytes|
      it "#{name} is refused" do
        expect_refusal(claim { |records| [bytes.b, *records] }, /p\.msgpack/)
        expect_refusal(claim { |records| [records.first, bytes.b] }, /p\.msgpack/)
      end
    end
  end
end
