# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Journal do
  let(:journal) { described_class.start(temp_dir, "id", now: Time.utc(2026, 1, 2, 3, 4, 5)) }
  let(:directory) { "#{temp_dir}/id_20260102030405.before" }

  def reread
    described_class.read(directory)
  end

  it "is on the disk with its first record, and not before" do
    expect([journal.directory, Dir.children(temp_dir)]).to eq([directory, []])
    journal.record("uploads", target: "/srv/uploads", state: "moving")
    expect([reread.restore_id, reread.backup_id, reread.state, reread.started_at])
      .to eq(["id_20260102030405", "id", "running", "2026-01-02T03:04:05Z"])
    expect(reread["uploads"]).to eq("target" => "/srv/uploads", "state" => "moving")
    expect(File.stat(directory).mode & 0o777).to eq(0o700)
  end

  it "has a name of its own when another began in the same second" do
    journal.enter("kept")
    second = described_class.start(temp_dir, "id", now: Time.utc(2026, 1, 2, 3, 4, 5))
    expect([second.restore_id, second.started_at]).to eq(%w[id_20260102030406 2026-01-02T03:04:05Z])
  end

  it "adds to what it knows of a component, and forgets what becomes nil" do
    journal.record("lfs", state: "moving", made: true)
    journal.record("db", dump: ["db/database.sql.gz"])
    journal.record("lfs", state: "moved", made: nil)
    expect([journal["lfs"], journal.components, journal["pages"]]).to eq([{ "state" => "moved" }, %w[db lfs], {}])
    expect(reread["db"]).to eq("dump" => ["db/database.sql.gz"])
  end

  it "changes its state and the backup it is about" do
    journal.enter("failed", backup_id: "other")
    expect([reread.state, reread.backup_id, reread.restore_id]).to eq(%w[failed other id_20260102030405])
    expect { journal.enter("odd") }.to raise_error(ArgumentError)
  end

  it "changes nothing when it cannot be written" do
    journal.record("lfs", state: "moving")
    FileUtils.rm_rf(directory)
    File.write(directory, "")
    expect { journal.record("lfs", state: "moved") }.to raise_error(Gitlab::Backup::Native::Error, /id_20260102/)
    expect(journal["lfs"]).to eq("state" => "moving")
  end

  it "finds those there are, oldest first, and takes nothing else for one" do
    [3, 1, 2].each { |day| described_class.start(temp_dir, "id", now: Time.utc(2026, 1, day)).enter("failed") }
    FileUtils.mkdir_p(["#{temp_dir}/empty.before", "#{temp_dir}/odd.before"])
    File.write("#{temp_dir}/odd.before/journal.json", "[1")
    File.symlink("odd.before", "#{temp_dir}/link.before")
    expect(described_class.all(temp_dir).map(&:started_at).map { |time| time[8, 2] }).to eq(%w[01 02 03])
  end

  it "survives a killed writer's leavings" do
    journal.record("lfs", state: "moving")
    File.write("#{directory}/journal.json.new", "{")
    journal.record("lfs", state: "moved")
    expect([reread["lfs"], Dir.children(directory)]).to eq([{ "state" => "moved" }, ["journal.json"]])
  end
end
