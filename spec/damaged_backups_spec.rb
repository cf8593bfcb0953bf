# frozen_string_literal: true

# A backup's files with a bit flipped, cut or gone: `verify` sees it, and names the file.
RSpec.describe Gitlab::Backup::Native::VerifyRun do
  include TinyInstance
  include DamagedProducts

  let(:root) do
    files = Array.new(30) { |i| ["d/#{i}", "#{i}\n" * i * 50] }.to_h
    tiny_instance(uploads: files.merge("large" => Random.new(1).bytes(1_500_000)))
  end
  let(:backup) { "#{backups_of(root)}/one" }

  before { back_up(root, "--backup-id", "one") }

  # Returns [exit status, all texts]; what keeps a run from beginning is one, too.
  def verify
    reporter = RecordingVerifier.new
    source = Gitlab::Backup::Native::BackupSource.find(backups_of(root), "one", reporter: reporter)
    [described_class.new(source: source, reporter: reporter, workers: 2).call, reporter.texts]
  rescue Gitlab::Backup::Native::Error => e
    [1, [e.message]]
  end

  # Without backup_information.json the folder is no backup.
  def expect_damage(path)
    named = /#{Regexp.escape(File.basename(path))}|is not a backup/
    expect([path, *verify]).to match([path, 1, include(named)])
  end

  it "finds nothing in what is good" do
    expect(verify).to eq([0, []])
  end

  { "uploads.tar.gz" => 60, "manifest/uploads.msgpack" => 60, "builds.tar.gz" => 10, "manifest/builds.msgpack" => 10,
    "manifest/SHA256SUMS" => 20, "manifest/summary.json" => 10, "backup_information.json" => 20,
    "backup_information.yml" => 10 }.each do |name, count|
    it "sees every flipped bit of #{name}" do
      expect(File).to exist("#{backup}/#{name}")
      each_flip("#{backup}/#{name}", count: count) { expect_damage(name) }
    end

    it "sees every cut of #{name}, and its absence" do
      each_cut("#{backup}/#{name}") { expect_damage(name) }
      File.delete("#{backup}/#{name}")
      expect_damage(name)
    end
  end
end
