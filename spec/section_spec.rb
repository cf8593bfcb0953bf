# frozen_string_literal: true

# Products read where they lie, in a tar that GNU tar made.
RSpec.describe Gitlab::Backup::Native::Section do
  include UnpackedTrees

  let(:outer) { "#{temp_dir}/outer.tar" }

  before do
    20.times { |i| File.binwrite("#{root}/#{i}", Random.new(i).bytes(100_000)) }
    File.binwrite("#{root}/large", "large " * 500_000)
    archive
    File.write("#{temp_dir}/first", "x" * 1000)
    oracle("tar", "-cf", outer, "-C", temp_dir, "first", "p.tar.gz", "first")
  end

  def section(name = "p.tar.gz")
    member = Gitlab::Backup::Native::Members.each(outer).find { |each| each.name == name }
    { source: outer, offset: member.offset, length: member.size, name: "outer: #{name}" }
  end

  [["with", true], ["without", false]].each do |word, indexed|
    context "#{word} a manifest" do
      let(:options) { { manifest: indexed ? manifest : nil } }

      it "are extracted" do
        unpacked = extract_to_target(**section, **options)
        expect_same_content
        expect(unpacked.stored).to eq(File.size(source))
      end

      it "are verified, and hashed" do
        unpacked = verify(**section, **options)
        expect([unpacked.findings, unpacked.sha256]).to eq([[], oracle("sha256sum", source).split.first])
      end

      it "are inflated" do
        File.open("#{temp_dir}/inflated", "wb") do |io|
          Gitlab::Backup::Native::Inflate.new(**section, **options, io: io, workers: 2).run
        end
        expect(oracle("gzip", "-dc", source)).to eq(File.binread("#{temp_dir}/inflated"))
      end

      it "are damaged where they are, by their own count of bytes" do
        flip(outer, section[:offset] + (File.size(source) / 2))
        finding = verify(**section, **options).findings.first
        expect(finding.offset..(finding.offset + finding.length)).to cover(File.size(source) / 2) if finding.offset
        expect { extract_to_target(**section, **options) }
          .to raise_error(Gitlab::Backup::Native::FormatError, /outer: p\.tar\.gz/)
      end
    end
  end

  it "are scanned" do
    Gitlab::Backup::Native::Scan.new(**section, manifest: "#{temp_dir}/scanned", backup_id: "id", product: "p").run
    entries = Gitlab::Backup::Native::Manifest.new("#{temp_dir}/scanned").each_entry.map(&:path)
    expect(entries.sort).to eq(["", *Dir.children(root)].sort)
  end

  it "end where they end" do
    cut = section.merge(length: section[:length] - 1)
    expect { extract_to_target(**cut) }.to raise_error(Gitlab::Backup::Native::FormatError)
    beyond = section.merge(length: File.size(outer))
    expect { extract_to_target(**beyond) }
      .to raise_error(Gitlab::Backup::Native::FormatError, /read outer: p\.tar\.gz: .*outer\.tar ends within it/)
  end
end
