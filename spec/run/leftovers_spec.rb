# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Leftovers do
  let(:reporter) { RecordingReporter.new }
  let(:owner) { JSON.generate(tool: "gitlab-backup-native", pid: 1, backup_id: "id", started_at: 0) }

  def clear
    described_class.new(temp_dir, reporter).clear
    Dir.children(temp_dir).sort
  end

  def folder(name, files)
    files.each do |path, content|
      FileUtils.mkdir_p(File.dirname("#{temp_dir}/#{name}/#{path}"))
      File.write("#{temp_dir}/#{name}/#{path}", content)
    end
    "#{temp_dir}/#{name}"
  end

  it "removes a work directory whose owner is gone, with a line" do
    folder("backup20260101-1-abc", ".owner" => owner, "db/database.sql.gz" => "half")
    expect(clear).to eq([])
    expect(reporter.texts(:info)).to match([%r{Removed .*/backup20260101-1-abc, left over}])
  end

  it "removes one whose maker was killed before it wrote a word" do
    folder("backup20260101-1-abc", ".owner" => "")
    expect(clear).to eq([])
  end

  it "removes one whose maker was killed before it claimed it, and no other empty folder" do
    dead = Process.wait(spawn("true"))
    %W[backup20260101-#{dead}-abc9d4 restore20260101-#{dead}-abc9d4 backup20260101 backup2026-1-abc].each do |name|
      Dir.mkdir("#{temp_dir}/#{name}")
    end
    expect(clear).to contain_exactly("backup20260101", "backup2026-1-abc")
  end

  it "does not keep a maker that lives from making its folder" do
    remover = fork { loop { clear } }
    made = Array.new(200) do
      Gitlab::Backup::Native::WorkDirectory.open(temp_dir, backup_id: "id") { |work| File.exist?("#{work.path}/.owner") }
    end
    expect(made).to all(be(true))
  ensure
    Process.kill(:KILL, remover)
    Process.wait(remover)
  end

  it "removes the folder of a restore that was killed before it wrote down anything, and no other" do
    Dir.mkdir("#{temp_dir}/1_id_20260101000000.before")
    folder("2_id_20260101000000.before", "journal.json.new" => "{")
    folder("3_id_20260101000000.before", "journal.json" => "{}")
    folder("4_id_20260101000000.before", "db/database.sql.gz" => "a dump")
    expect(clear).to eq(%w[3_id_20260101000000.before 4_id_20260101000000.before])
  end

  it "goes on with a removal that was broken off" do
    folder(".gbn-delete-abc", "db/database.sql.gz" => "half")
    expect(clear).to eq([])
  end

  it "leaves a work directory whose owner lives" do
    path = folder("backup20260101-1-abc", ".owner" => owner)
    File.open("#{path}/.owner") do |file|
      file.flock(File::LOCK_EX)
      expect(clear).to eq(["backup20260101-1-abc"])
    end
  end

  it "leaves everything that is not ours" do
    folder("backup20260101-1-upstream", "db/database.sql.gz" => "theirs")
    folder("backup_old", ".owner" => "somebody")
    folder("backup_empty_owner", ".owner" => "", "file" => "")
    folder("tmp", "uploads.1" => "")
    folder("elsewhere", ".owner" => owner, "file" => "")
    File.write("#{temp_dir}/backup.txt", "")
    Dir.mkdir("#{temp_dir}/outside")
    File.symlink("elsewhere", "#{temp_dir}/backup20260101-2-link")
    FileUtils.mkdir("#{temp_dir}/backup_link_owner")
    File.symlink("../elsewhere/.owner", "#{temp_dir}/backup_link_owner/.owner")
    expect(clear).to eq(Dir.children(temp_dir).sort)
    expect([Dir.children(temp_dir).size, reporter.lines]).to eq([9, []])
    expect(File.exist?("#{temp_dir}/elsewhere/file")).to be(true)
  end

  it "takes the owner file from a backup that was killed in its last step" do
    folder("1700000000_2023_11_14_18.6.2", ".owner" => owner, "backup_information.json" => "{}")
    expect(clear).to eq(["1700000000_2023_11_14_18.6.2"])
    expect(Dir.children("#{temp_dir}/1700000000_2023_11_14_18.6.2")).to eq(["backup_information.json"])
  end
end
