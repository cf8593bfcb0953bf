# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::BackupSource do
  include OuterTars
  include TinyInstance

  let(:root) { tiny_instance }
  let(:base) { backups_of(root) }
  let(:reporter) { RecordingReporter.new }
  let(:error) { Gitlab::Backup::Native::Error }

  def find(id)
    described_class.find(base, id, reporter: reporter)
  end

  it "finds a backup by its name, and the newest complete one as latest" do
    old_backup(root, "new")
    old_backup(root, "old", seconds_ago: 60)
    write("#{base}/newer.incomplete/manifest/INCOMPLETE.json", JSON.generate(created_at: "2099-01-01T00:00:00Z"))
    expect([find("old").id, find("latest").id, find("latest").path]).to eq(["old", "new", "#{base}/new"])
    old_backup(root, "latest", seconds_ago: 120)
    expect(find("latest").id).to eq("latest")
  end

  it "takes the newest tar as well, and by the name that list shows" do
    old_backup(root, "old", seconds_ago: 20 * 365 * 86_400)
    tar = outer_tar(base, { "backup_information.yml" => OuterTars::OLD_INFORMATION, "uploads.tar.gz" => "x" })
    expect([find("latest"), find(File.basename(tar)), find(OuterTars::OUTER_ID)].map(&:path)).to eq([tar] * 3)
    old_backup(root, "new")
    expect(find("latest").id).to eq("new")
  end

  context "when the newest ones lack something" do
    before do
      old_backup(root, "good", seconds_ago: 60)
      old_backup(root, "damaged", components: { "uploads" => "complete" })
      summary = "#{base}/damaged/manifest/summary.json"
      File.write(summary, File.read(summary).sub('"files"', '"products":["uploads.tar.gz"],"files"'))
      write("#{base}/newer.incomplete/manifest/INCOMPLETE.json", JSON.generate(created_at: "2099-01-01T00:00:00Z"))
    end

    it "takes the newest good one as latest, and says so" do
      expect(find("latest").id).to eq("good")
      expect(reporter.texts(:warning)).to eq(
        ["latest is good: newer, but passed over: newer.incomplete (incomplete), damaged (uploads.tar.gz is missing)"]
      )
      expect(described_class.find(base, "latest", damaged: true).id).to eq("damaged")
    end

    # One made without those, that holds these.
    def partial(id, seconds_ago, without:, held:)
      old_backup(root, id, seconds_ago: seconds_ago, components: held.to_h { |name| [name, "complete"] })
      write("#{base}/#{id}/manifest/summary.json",
            JSON.generate(format: 1, backup_id: id, skipped: without, components: []))
      held.each { |name| write("#{base}/#{id}/#{name}.tar.gz", "") }
    end

    def latest(**asked)
      described_class.find(base, "latest", reporter: reporter, **asked).id
    end

    it "passes over those made without something, unless that is all that is asked for", :aggregate_failures do
      FileUtils.rm_r("#{base}/damaged")
      partial("uploads", 20, without: %w[builds], held: %w[uploads])
      partial("builds", 10, without: %w[uploads], held: %w[builds])
      expect(latest).to eq("good")
      expect(reporter.texts(:warning).last)
        .to match(/latest is good: .* builds \(made without uploads\), uploads \(made without builds\)/)
      expect([latest(only: %w[builds]), latest(only: %w[uploads]), latest(skip: %w[uploads])])
        .to eq(%w[builds uploads builds])
      expect(reporter.texts(:warning)[2]).to match(/latest is uploads: .* builds \(without uploads\)/)
      expect { latest(only: %w[lfs]) }.to raise_error(error, /with lfs, but .* good \(without lfs\)/)
    end

    it "takes the newest that has what any of them has where all were made without something", :aggregate_failures do
      %w[damaged good].each { |id| FileUtils.rm_r("#{base}/#{id}") }
      partial("older", 20, without: %w[registry], held: %w[uploads])
      partial("newer", 10, without: %w[registry], held: %w[uploads])
      expect(latest).to eq("newer")
      partial("builds", 5, without: %w[uploads], held: %w[builds])
      expect { latest }.to raise_error(error, /no complete backup in .*, but .*older \(made without registry\)/)
    end

    it "names them when there is no good one" do
      FileUtils.rm_r("#{base}/good")
      expect { find("latest") }.to raise_error(error, /no complete backup in .*, but .*damaged \(uploads.tar.gz is/)
    end
  end

  it "refuses what is missing, incomplete, or no plain name" do
    write("#{base}/a.incomplete/manifest/INCOMPLETE.json", "{}")
    write("#{base}/a.incomplete/uploads.tar.gz", "")
    write("#{base}/a.incomplete/db/database.sql.gz", "")
    { "a.incomplete" => /a.incomplete is incomplete and holds only db, uploads: it is not restored from/,
      "none" => /there is no backup "none"/, "../x" => /is not a backup id/, base => /is not a backup id/,
      "latest" => /there is no complete backup in/ }.each do |id, reason|
      expect { find(id) }.to raise_error(error, reason)
    end
  end

  it "tells what a backup of ours holds" do
    back_up(root, "--backup-id", "id")
    source = find("id")
    expect([source.ours?, source.components]).to eq([true, %w[uploads builds]])
    expect(source.information.gitlab_version).to eq(version)
    expect(source.information.created_at).to be_within(60).of(Time.now)
    expect(source.product_path("uploads.tar.gz")).to eq("#{base}/id/uploads.tar.gz")
    expect([source.product?("uploads.tar.gz"), source.product?("lfs.tar.gz")]).to eq([true, false])
    expect([source.manifest_path("uploads"), reporter.lines]).to eq(["#{base}/id/manifest/uploads.msgpack", []])
    expect(source.checksums.keys).to include("uploads.tar.gz", "manifest/uploads.msgpack")
  end

  def version
    File.read("#{root}/VERSION").strip
  end

  it "knows a foreign backup by its products alone, without a warning" do
    old_backup(root, "id")
    %w[db/database.sql.gz repositories/manifests/x lfs.tar.gz].each { |path| write("#{base}/id/#{path}", "") }
    File.symlink("lfs.tar.gz", "#{base}/id/pages.tar.gz")
    source = find("id")
    expect([source.ours?, source.components, source.manifest_path("lfs"), source.checksums, reporter.lines])
      .to eq([false, %w[db repositories lfs], nil, nil, []])
  end

  it "has no information when the metadata cannot be read" do
    old_backup(root, "id")
    File.write("#{base}/id/backup_information.json", "[")
    expect(find("id").information).to be_nil
  end

  context "with manifests that do not fit" do
    before { back_up(root, "--backup-id", "id") }

    it "does not use one that is missing or was changed, and says so once" do
      File.unlink("#{base}/id/manifest/builds.msgpack")
      File.write("#{base}/id/manifest/uploads.msgpack", "x", mode: "a")
      source = find("id")
      2.times { expect([source.manifest_path("uploads"), source.manifest_path("builds")]).to eq([nil, nil]) }
      expect(reporter.texts(:warning)).to eq(
        ["manifest/uploads.msgpack of id is not used: it differs from manifest/SHA256SUMS",
         "manifest/builds.msgpack of id is not used: it is missing"]
      )
    end

    it "uses none when the list of checksums was changed" do
      File.write("#{base}/id/manifest/SHA256SUMS", "x", mode: "a")
      source = find("id")
      expect([source.checksums, source.manifest_path("uploads"), source.manifest_path("builds")]).to eq([nil, nil, nil])
      expect(reporter.texts(:warning)).to match([/the manifests in .* are not used: .*SHA256SUMS is missing or/])
    end

    it "uses none of a folder that was renamed, with one line" do
      File.rename("#{base}/id", "#{base}/other")
      source = find("other")
      expect([source.manifest_path("uploads"), source.manifest_path("builds")]).to eq([nil, nil])
      expect(reporter.texts(:warning)).to eq(["the manifests in #{base}/other do not belong to it and are not used"])
    end
  end
end
