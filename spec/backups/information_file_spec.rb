# frozen_string_literal: true

# The loading side of BackupInformation: files as GitLab's versions have written them.
RSpec.describe Gitlab::Backup::Native::InformationFile do
  def load(yaml, **options)
    Gitlab::Backup::Native::BackupInformation.load(yaml, **options)
  end

  def refusal(yaml)
    load(yaml)
    nil
  rescue Gitlab::Backup::Native::FormatError => e
    e.message
  end

  let(:ours) do
    Gitlab::Backup::Native::BackupInformation.new(
      backup_id: "1714053314_2024_04_25_17.0.0", created_at: Time.at(1_714_053_314, 5, :nsec, in: "+02:00"),
      zone: "Europe/Berlin", gitlab_version: "17.0.0", installation_type: "omnibus-gitlab",
      db_version: "20240417120000", tar_version: "tar (GNU tar) 1.34", skipped: %w[tar db],
      repositories_storages: %w[a b], repositories_paths: %w[g/p], skip_repositories_paths: %w[g/q],
      repositories_server_side: true, full_backup_id: "first"
    )
  end

  it "reads each key of ours, with or without YAML's first line" do
    [ours.yaml, "---\n#{ours.yaml}"].each { |yaml| expect(load(yaml).yaml).to eq(ours.yaml) }
  end

  it "reads the oldest files: five keys, and a plain time" do
    read = load(<<~YAML)
      ---
      :db_version: '20160129135155'
      :backup_created_at: 2016-02-07 16:09:54.120000000 Z
      :gitlab_version: 8.5.0
      :tar_version: tar (GNU tar) 1.27.1
      :skipped: uploads,remote
    YAML
    expect([read.created_at.utc.to_s, read.gitlab_version, read.skipped, read.installation_type, read.full_backup_id])
      .to eq(["2016-02-07 16:09:54 UTC", "8.5.0", %w[remote uploads], nil, nil])
    expect([read.repositories_storages, read.repositories_paths, read.repositories_server_side]).to eq([[], [], false])
  end

  it "takes nil and nothing for empty" do
    read = load(":gitlab_version: 17.0.0\n:skipped:\n:repositories_storages:\n:full_backup_id: ''\n:backup_id: x\n")
    expect([read.skipped, read.repositories_storages, read.full_backup_id, read.created_at]).to eq([[], [], nil, nil])
  end

  it "names a file without an id by BACKUP, else by its date in its own zone" do
    yaml = ours.yaml.sub(/^:backup_id.*\n/, "").sub("25 13:55:14", "25 22:55:14").sub("25 15:55:14", "26 00:55:14")
    expect(load(yaml).backup_id).to eq("1714085714_2024_04_26_17.0.0")
    expect(load(yaml, backup_id: "mine").backup_id).to eq("mine")
    expect(load(ours.yaml, backup_id: "mine").backup_id).to eq(ours.backup_id)
  end

  it "passes over the keys of a later GitLab" do
    expect(load("#{ours.yaml}:zstd: true\n").yaml).to eq(ours.yaml)
  end

  it "refuses what GitLab refuses: other classes, aliases; and what is none of its files" do
    expect(refusal(":backup_id: !ruby/object:OpenStruct {}\n"))
      .to match(/\Abackup_information.yml cannot be used: .*OpenStruct/)
    expect(refusal(":backup_id: !ruby/regexp /x/\n")).to include("Regexp")
    expect(refusal(":a: &a x\n:backup_id: *a\n")).to match(/alias/i)
    expect(refusal(":backup_id: [\n")).to include("cannot be used")
    expect(refusal("")).to end_with("it is empty")
    expect(refusal("just words")).to end_with("it has no keys")
    expect(refusal("- a\n")).to end_with("it has no keys")
    expect(refusal("\xFF\xFE:a: b\n")).to include("cannot be used")
    expect(refusal(":backup_id: [a]\n")).to end_with("its backup_id is not a text")
    expect(refusal(":backup_created_at: today\n")).to end_with("its backup_created_at is not a time")
    expect(refusal(":backup_created_at: {utc: 1}\n")).to end_with("its backup_created_at is not a time")
    expect([refusal("[" * 100_000), refusal(":a: #{"- " * 300_000}"), refusal("- " * 300_000)])
      .to all(match(/nested too deep|not allowed/))
    expect(refusal("#{" " * (1 << 20)}:a: b")).to end_with("it has 1048581 bytes")
  end

  # They name folders: of what a restore moves aside, of repositories.
  it "refuses ids that lead elsewhere" do
    ["../../x", "a/b", "..", "/", "a\0b", "a\nb", "x" * 238].each do |id|
      %i[backup_id full_backup_id].each do |key|
        expect(refusal(YAML.dump(gitlab_version: "18.6.2", key => id))).to end_with("its #{key} is no plain name")
      end
    end
    expect(refusal(":gitlab_version: 18/../..\n:backup_created_at: 2024-01-01 00:00:00 Z\n"))
      .to end_with("its backup_id is no plain name")
    expect(load(YAML.dump(backup_id: "-a .ö", full_backup_id: ".b")).backup_id).to eq("-a .ö")
  end

  it "names the file in its refusal" do
    expect { load("", path: "/backups/x.tar") }
      .to raise_error(Gitlab::Backup::Native::FormatError, "/backups/x.tar cannot be used: it is empty")
  end

  describe "BackupInformation#incremental" do
    def following(previous, id, **changes)
      previous.incremental(backup_id: id, created_at: Time.at(0), gitlab_version: "17.0.0", db_version: "2",
                           installation_type: "source", tar_version: "tar", **changes)
    end

    it "replaces what is of its own time, adds its lists, keeps how repositories are stored" do
      later = following(ours, "second", skipped: %w[lfs db], repositories_storages: %w[b c],
                                        repositories_server_side: false)
      expect([later.backup_id, later.created_at, later.db_version, later.installation_type, later.tar_version])
        .to eq(["second", Time.at(0), "2", "source", "tar"])
      expect([later.skipped, later.repositories_storages, later.repositories_paths, later.skip_repositories_paths])
        .to match([%w[tar db lfs], contain_exactly("a", "b", "c"), %w[g/p], %w[g/q]])
      expect(later.repositories_server_side).to be(true)
    end

    it "carries the id of the full backup through three generations" do
      full = load(ours.yaml.sub(/^:full_backup_id: first/, ":full_backup_id:"))
      second = following(full, "second")
      expect([second, following(load(second.yaml), "third")].map(&:full_backup_id)).to eq([ours.backup_id] * 2)
    end

    it "takes PREVIOUS_BACKUP's name for a backup that does not say where it began" do
      full = load(":gitlab_version: 17.0.0\n:backup_id: inside\n")
      expect([following(full, "2", previous_backup: "x/outside"), following(full, "2")].map(&:full_backup_id))
        .to eq(%w[outside inside])
    end
  end
end
