# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Catalog do
  include TinyInstance

  let(:root) { tiny_instance }
  let(:base) { backups_of(root).tap { |path| FileUtils.mkdir_p(path) } }
  let(:catalog) { described_class.new(base) }

  def incomplete(id)
    write("#{base}/#{id}.incomplete/manifest/INCOMPLETE.json",
          JSON.generate(format: 1, backup_id: id, created_at: "2024-01-01T00:00:00Z", gitlab_version: "18.0.0",
                        components: [{ id: "db", title: "Databases", reason: "no server" }]))
  end

  it "tells ours, upstream's and incomplete ones apart, oldest first" do
    old_backup(root, "1700000001_2023_11_14_18.6.2", components: { "uploads" => "complete" })
    old_backup(root, "1700000000_2023_11_14_18.6.2", seconds_ago: 60)
    incomplete("1600000000_x")
    expect(catalog.all.map { |backup| [backup.name, backup.status] })
      .to eq([%w[1600000000_x.incomplete incomplete], %w[1700000000_2023_11_14_18.6.2 foreign],
              %w[1700000001_2023_11_14_18.6.2 complete]])
    expect(catalog.all.first.reasons).to eq([{ "id" => "db", "title" => "Databases", "reason" => "no server" }])
    expect(catalog.all.map(&:version)).to eq(%w[18.0.0 18.6.2-ee 18.6.2-ee])
  end

  it "takes nothing else for a backup" do
    old_backup(root, "backup20260101-1-abc")
    old_backup(root, ".gbn-delete-abc")
    old_backup(root, "real")
    File.symlink("real", "#{base}/link")
    FileUtils.mkdir_p(["#{base}/folder", "#{base}/name.incomplete", "#{base}/odd/backup_information.json"])
    File.write("#{base}/1700000000_gitlab_backup.tar", "")
    expect(catalog.all.map(&:name)).to eq(["real"])
    { "link" => /is a link/, "folder" => /not a backup/, "nothing" => /no backup "nothing"/,
      "../gitlab" => /not a backup id/, "./real" => /not a backup id/, "real/." => /not a backup id/,
      "/real/" => /not a backup id/, "/" => /not a backup id/, "../" => /not a backup/, "link/" => /is a link/,
      "" => /not a backup id/, "backup20260101-1-abc" => /not a backup/ }.each do |name, reason|
      expect { catalog.fetch(name) }.to raise_error(Gitlab::Backup::Native::Error, reason)
    end
    expect(catalog.fetch("real").id).to eq("real")
  end

  it "takes a name with the slash that a shell's completion puts behind a folder's" do
    old_backup(root, "one", components: { "uploads" => "complete" })
    expect(%w[one/ one//].map { |name| [catalog.fetch(name).name, catalog.look_up(name).name] }).to all(eq(%w[one one]))
    expect(%w[latest/ one/].map { |name| catalog.fetch_folder(name).name }).to eq(%w[one one])
    expect { catalog.fetch("nothing/") }.to raise_error(Gitlab::Backup::Native::Error, /there is no backup "nothing" /)
  end

  it "dates a backup by its metadata, else by its id, else not at all" do
    write("#{base}/1714053314_x/backup_information.json", "{}")
    write("#{base}/other/backup_information.json", "nonsense")
    write("#{base}/dated/backup_information.json", JSON.generate(created_at: "2024-04-25T15:55:14+02:00"))
    dates = %w[1714053314_x other dated].map { |name| catalog.fetch(name).created_at&.to_s }
    expect(dates).to eq(["2024-04-25 13:55:14 UTC", nil, "2024-04-25 13:55:14 UTC"])
  end

  it "sees the backup that is being made" do
    Gitlab::Backup::Native::WorkDirectory.open(base, backup_id: "soon") do |work|
      expect(catalog.growing.map { |growing| [growing.id, growing.path] }).to eq([["soon", work.path]])
      expect(catalog.all).to eq([])
    end
    expect(catalog.growing).to eq([])
  end

  it "knows the newest figures of each component" do
    old_backup(root, "new", components: { "uploads" => "complete" })
    old_backup(root, "old", seconds_ago: 9, components: { "uploads" => "complete", "builds" => "complete" })
    expect(catalog.previous_figures.keys).to eq(["uploads"])
  end
end
