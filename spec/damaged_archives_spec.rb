# frozen_string_literal: true

require "zlib"

# Archives that were good once.
RSpec.describe Gitlab::Backup::Native::Verification do
  include HostileExtractions
  include DamagedProducts

  before { make_products }

  it "finds nothing in what is good" do
    expect([verify(ours), verify(foreign)]).to eq([[], []])
  end

  it "finds every cut, and nothing is restored from what is left" do
    [ours, foreign].each do |paths|
      each_cut(paths[:source]) do |length|
        expect([length, verify(paths).map(&:kind)]).not_to eq([length, []])
        expect(extract(paths)).to match(/[pf]\.tar\.gz/)
        empty_target
      end
    end
  end

  it "finds every cut of the manifest" do
    each_cut(ours[:manifest]) do
      expect(verify(ours).map(&:kind)).to include("manifest")
      expect(extract(ours)).to match(/p\.msgpack/)
      empty_target
    end
  end

  it "finds every flipped bit, and names the files that lie there" do
    frame = [0...10, (File.size(ours[:source]) - 13)...File.size(ours[:source])]
    each_flip(ours[:source]) do |byte|
      findings = verify(ours)
      expect(findings).not_to be_empty
      next if frame.any? { |range| range.cover?(byte) }

      named = findings.select { |finding| finding.kind == "file" }
      expect(named.map(&:path)).to all(match(/\A(?:small-\d+|large|link|)\z/))
      expect(named).to(be_any { |finding| (finding.offset...(finding.offset + finding.length)).cover?(byte) })
    end
  end

  it "finds every flipped bit behind the header of an archive of others" do
    each_flip(foreign[:source], from: 10) { |byte| expect([byte, verify(foreign)]).not_to eq([byte, []]) }
  end

  it "survives every flipped bit of a manifest, and restores nothing else by it" do
    each_flip(ours[:manifest]) do |byte|
      findings = verify(ours)
      next unless findings.empty? || (byte % 4).zero?

      refused = extract(ours)
      expect([byte, refused.nil?]).to eq([byte, findings.empty?])
      expect(oracle("diff", "-r", "--no-dereference", root, target)).to eq("") unless refused
      empty_target
    end
  end

  it "ends at the first flipped bit when it restores" do
    20.times do
      each_flip(ours[:source], count: 1, from: 10) { expect(extract(ours)).to match(/p\.tar\.gz/) }
      empty_target
    end
  end

  it "names an archive that is missing, is empty, is a folder or is no archive" do
    [ours, foreign].each do |paths|
      File.binwrite(paths[:source], "")
      expect(verify(paths)).not_to be_empty
      File.binwrite(paths[:source], "no archive at all " * 100)
      expect(verify(paths)).not_to be_empty
      File.delete(paths[:source])
      expect(extract(paths)).to match(/[pf]\.tar\.gz/)
      Dir.mkdir(paths[:source])
      expect(extract(paths)).to match(/[pf]\.tar\.gz/)
    end
  end

  it "refuses the manifest of another archive" do
    other = "#{temp_dir}/other.msgpack"
    File.write("#{root}/small-1", "something else")
    Gitlab::Backup::Native::Archive.new(root: root, target: "#{temp_dir}/other.tar.gz", manifest: other,
                                        backup_id: "2_id", workers: 1).run
    expect(verify({ **ours, manifest: other })).not_to be_empty
    expect(extract({ **ours, manifest: other })).to match(/p\.tar\.gz|other\.msgpack/)
  end

  it "reads what gzip members one behind the other hold, whole" do
    raw = oracle("gzip", "-dc", foreign[:source])
    members = raw.scan(/.{1,100000}/mn).map { |part| Zlib.gzip(part, level: 1) }
    File.binwrite(foreign[:source], members.join)
    expect([verify(foreign), extract(foreign)]).to eq([[], nil])
    expect(oracle("diff", "-r", "--no-dereference", root, target)).to eq("")
    File.binwrite(foreign[:source], members[0..-2].join)
    expect(verify(foreign)).not_to be_empty
  end
end
