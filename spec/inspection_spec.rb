# frozen_string_literal: true

require "open3"

# A whole instance's backups, ours and GitLab's own, looked at without restoring anything.
RSpec.describe "ls, diff, verify and extract" do
  extend WholeInstance

  whole_instance("inspection")
  before(:context) do
    run("backup", "all", "--backup-id", "ours") # before the other, which keep_time is over for
    StockBackup.create(@demo, PostgresCluster.shared, account: DemoInstance.default_account)
  end

  let(:ours) { "#{@demo.backup_path}/ours" }
  let(:foreign) { StockBackup::ID }

  def run(*arguments)
    Open3.capture3(TinyInstance::ENVIRONMENT, TinyInstance::LAUNCHER, *arguments, "--gitlab-path", @demo.root)
  end

  def objects(*arguments)
    output, errors, = run(*arguments, "--json")
    expect(errors).to eq("")
    output.lines.map { |line| JSON.parse(line) }
  end

  it "finds both sound, each as far as it can be known" do
    ["ours", foreign].each do |id|
      output, errors, status = run("verify", id)
      expect([errors, status.exitstatus]).to eq(["", 0]), errors
      expect(output).to match(/Databases: 2 databases are good .*Repositories: [1-9]\d* repositories are good/m)
    end
  end

  it "names a repository whose bundle is damaged, and says how many are good" do
    bundle = Dir.glob("#{ours}/repositories/**/*.bundle").max_by { |path| File.size(path) }
    good = File.binread(bundle)
    File.binwrite(bundle, good.byteslice(0, good.bytesize - 100))
    damages = objects("verify", "ours").select { |object| object["event"] == "damage" }
    expect(damages.map { |damage| damage["component"] }.uniq).to eq(["repositories"])
    expect(damages.map { |damage| damage["kind"] }).to contain_exactly("checksum", "repository")
    expect(damages.find { |damage| damage["kind"] == "repository" }["path"]).to match(%r{\Adefault/.*\.git\z})
  ensure
    File.binwrite(bundle, good)
  end

  it "lists fourteen components, and what is in each" do
    rows = objects("ls", "ours")
    expect(rows.map { |row| row["component"] }).to eq(Gitlab::Backup::Native::Component::IDS)
    expect(rows.map { |row| row["manifest"] }).to eq([true, false, *([true] * 12)])
    rows.each { |row| expect(objects("ls", "ours", row["component"])).not_to be_empty }
    expect(objects("ls", "ours", "db").map { |row| row["path"] })
      .to eq(["", "ci_database.sql.gz", "database.sql.gz"])
  end

  it "finds that files and repositories of both are the same" do
    output, errors, status = run("diff", foreign, "ours")
    expect(errors.lines).to all(match(/has no manifest: all of it is read, which is slower/))
    expect(output.lines.grep_v(%r{\Achanged  db/})).to eq(["db: 0 added, 0 removed, 2 changed\n"]).or eq([])
    expect(status.exitstatus).to be <= 1
  end

  it "extracts the databases as pg_dump wrote them" do
    ["ours", foreign].each do |id|
      target = "#{temp_dir}/#{id}".tap { |path| Dir.mkdir(path) }
      output, errors, status = run("extract", id, "db", "main", "ci", "-C", target)
      expect([errors, status.exitstatus]).to eq(["", 0]), output
      dump = "#{@demo.backup_path}/#{id}/db/database.sql.gz"
      expect(File.binread("#{target}/database.sql")).to eq(Open3.capture2("gzip", "-dc", dump, binmode: true).first)
      expect(Dir.children(target)).to contain_exactly("database.sql", "ci_database.sql")
    end
  end
end
