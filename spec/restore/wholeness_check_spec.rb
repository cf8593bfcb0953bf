# frozen_string_literal: true

# What a backup has lost since it was made stops a restore before it begins, unless it is left out.
RSpec.describe Gitlab::Backup::Native::WholenessCheck do
  include OuterTars
  include TinyInstance
  include TaskRuns
  extend WholeInstance

  whole_instance("wholeness", bytes: 10_000)

  before(:context) do
    made = [cli("backup", "all", "--backup-id", "kept", "--gitlab-path", @demo.root),
            rake(@demo.root, "gitlab:backup:create", "BACKUP=kept")]
    raise made.map(&:errors).join unless made.all? { |result| result.status.success? }

    FileUtils.mv(Dir.glob("#{@demo.backup_path}/kept*"), @directory)
  end

  before do
    write(later, "later")
    cluster.query("SET ROLE gitlab; CREATE TABLE later (id int)", database: @demo.databases.fetch("ci"))
  end

  after do
    FileUtils.rm_rf(Dir.glob("#{base}/*"))
    cluster.query("DROP TABLE IF EXISTS later", database: @demo.databases.fetch("ci"))
  end

  let(:cluster) { PostgresCluster.shared }
  let(:base) { @demo.backup_path }
  let(:later) { "#{@demo.folders.fetch("uploads")}/later" }

  # A copy of the folder without these files and folders. Returns its path.
  def folder_without(*names)
    FileUtils.rm_rf("#{base}/kept")
    run_tool("cp", "-a", "#{@directory}/kept", base)
    names.each { |name| FileUtils.rm_r("#{base}/kept/#{name}") }
    "#{base}/kept"
  end

  def tar_without(*names)
    run_tool("cp", "#{@directory}/kept_gitlab_backup.tar", base)
    run_tool("tar", "--delete", "-f", "#{base}/kept_gitlab_backup.tar", *names)
    "#{base}/kept_gitlab_backup.tar"
  end

  def restore(*arguments)
    cli("restore", "all", "kept", "--yes", "--gitlab-path", @demo.root, *arguments)
  end

  def restore_task(*words, task: "gitlab:backup:restore")
    rake(@demo.root, task, "BACKUP=kept", "force=yes", *words)
  end

  # What an untouched instance still has.
  def untouched?
    tables = cluster.query("SELECT count(*) FROM pg_tables WHERE tablename = 'later'",
                           database: @demo.databases.fetch("ci"))
    [File.exist?(later), tables.to_i, Dir.glob("#{base}/*.before")] == [true, 1, []]
  end

  def refused(result)
    expect([result.status.exitstatus, untouched?]).to eq([1, true]), result.output + result.errors
    (result.output + result.errors).lines(chomp: true).grep(/missing/)
  end

  def restored(result)
    expect([result.status.exitstatus, File.exist?(later)]).to eq([0, false]), result.output + result.errors
  end

  { "lfs.tar.gz" => ["lfs", "lfs.tar.gz"], "db" => %w[db db], "repositories" => %w[repositories repositories],
    "db/ci_database.sql.gz" => ["db", "db/ci_database.sql.gz"] }.each do |name, (id, missing)|
    reason = "no longer has all of #{id}: #{missing} is missing; %s#{id} restores the rest; nothing was touched"

    it "refuses a folder without #{name}, in one line" do
      path = folder_without(name)
      expect(refused(restore)).to match([end_with("#{path} is damaged and #{format(reason, "--skip ")}")])
      restored(restore("--skip", id))
    end

    it "refuses a tar without #{name}, to either tool" do
      path = tar_without(name)
      expect(refused(restore)).to match([end_with("#{path} is damaged and #{format(reason, "--skip ")}")])
      expect(refused(restore_task)).to match([end_with("#{path} is damaged and #{format(reason, "SKIP=")}")])
      restored(restore_task("SKIP=#{id}"))
    end
  end

  it "names all that is missing, and what leaves it out" do
    bundles = Dir.glob("repositories/**/*.bundle", base: "#{@directory}/kept").first(3)
    folder_without("lfs.tar.gz", *bundles)
    expect(refused(restore)).to match([%r{: repositories/\S+ and 2 other files are missing; lfs.tar.gz is missing; }])
    expect(refused(restore).join).to include("--skip repositories,lfs restores the rest")
    expect(refused(restore("--skip", "repositories")).join).to include("--skip lfs restores the rest")
    restored(restore("--only", "uploads"))
  end

  it "finds what is missing among the repositories of a tar" do
    bundle = Dir.glob("repositories/**/*.bundle", base: "#{@directory}/kept").first
    listed = run_tool("tar", "-tf", "#{@directory}/kept_gitlab_backup.tar").lines(chomp: true)
    tar_without(listed.grep(/\.bundle\z/).find { |name| File.dirname(name) == File.dirname(bundle) } || bundle)
    expect(refused(restore_task).join).to match(%r{repositories: repositories/\S+ is missing; SKIP=repositories })
  end

  it "tells what damage has taken from a tar, too" do
    path = tar_without("manifest/summary.json")
    offset = run_tool("tar", "-tRf", path)[/^block (\d+): lfs\.tar\.gz$/, 1].to_i * 512
    File.binwrite(path, "!", offset + 1)
    result = restore
    expect([result.status.exitstatus, untouched?]).to eq([1, true])
    expect(result.errors).to match(/no longer has all of lfs: lfs\.tar\.gz is lost; --skip lfs restores the rest/)
  end

  it "knows of nothing else to restore when that is all that is wanted" do
    folder_without("lfs.tar.gz")
    expect(refused(restore("--only", "lfs"))).to match([/: lfs\.tar\.gz is missing; take another copy of it; nothing/])
    FileUtils.rm_rf("#{base}/kept")
    run_tool("tar", "-xf", tar_without("db/ci_database.sql.gz"), "-C", base)
    expect(refused(restore_task(task: "gitlab:backup:db:restore")).join).to match(/take another copy of it/)
  end

  it "goes by the summary when the list of checksums is gone, too" do
    folder_without("lfs.tar.gz", "manifest/SHA256SUMS")
    expect(refused(restore).last).to match(/no longer has all of lfs: lfs\.tar\.gz is missing; --skip lfs restores/)
  end

  it "takes what was left out on purpose, or lacks any list, as it did" do
    result = cli("backup", "all", "--backup-id", "kept", "--skip", "lfs,db", "--gitlab-path", @demo.root)
    expect(result.status.exitstatus).to eq(0), result.errors
    File.unlink(later)
    write(later, "later") # newer than the backup, which has it
    expect([restore.status.exitstatus, File.exist?(later)]).to eq([0, true])
    folder_without("lfs.tar.gz", "db/ci_database.sql.gz", "manifest")
    result = restore
    restored(result)
    expect(result.output).to match(/Not in the backup: LFS Objects/)
    expect(result.errors).to match(/for the ci database does not exist/)
  end

  it "keeps GitLab's words for a database GitLab has not backed up" do
    tar_without("db/ci_database.sql.gz", "manifest")
    result = restore_task
    restored(result)
    expect(result.output).to include("Source backup for the database ci doesn't exist. Skipping the task")
  end
end
