# frozen_string_literal: true

# What gitlab:backup:create takes of one instance, gitlab:backup:restore brings into another.
RSpec.describe "gitlab:backup:create and restore" do
  include OuterTars
  include TaskRuns
  include TinyInstance

  before(:context) do
    @directory = Dir.mktmpdir("gbn-tasks-")
    %w[first second].each { |name| Dir.mkdir("#{@directory}/#{name}") }
    File.chmod(0o755, @directory)
    common = { cluster: PostgresCluster.shared, account: DemoInstance.default_account }
    @first = DemoInstance.create("#{@directory}/first", **common, prefix: "tasks_first", bytes: 50_000)
    @second = DemoInstance.create_empty("#{@directory}/second", **common, prefix: "tasks_second")
  end

  after(:context) { system("rm", "-rf", "--", @directory) }

  def run(instance, task, *words)
    result = rake(instance.root, "gitlab:backup:#{task}", *words, environment: { "GITLAB_ASSUME_YES" => "1" })
    expect(result.status.exitstatus).to eq(0), result.output + result.errors
    result
  end

  # What differs between the two instances, to the nanosecond.
  def differences
    before = DemoRun::Contents.new(@first, PostgresCluster.shared)
    verdicts = []
    DemoRun::Comparison.new(before, @first.folders, @second, PostgresCluster.shared).run { |verdict| verdicts << verdict }
    expect(verdicts.size).to eq(4)
    verdicts.reject(&:met)
  end

  # As on machines whose backups lie on another disk.
  def behind_a_link
    [@first, @second].each do |instance|
      File.rename(instance.backup_path, "#{instance.backup_path}-disk")
      File.symlink("#{instance.backup_path}-disk", instance.backup_path)
    end
    yield
  ensure
    [@first, @second].each do |instance|
      File.unlink(instance.backup_path)
      File.rename("#{instance.backup_path}-disk", instance.backup_path)
    end
  end

  def move(*names)
    names.each { |name| FileUtils.mv("#{@first.backup_path}/#{name}", @second.backup_path) }
  end

  it "bring back all there was, in one archive" do
    run(@first, "create", "BACKUP=whole")
    move("whole_gitlab_backup.tar")
    run(@second, "verify")
    run(@second, "restore", "force=yes")
    expect(differences).to eq([])
    expect(Dir.children(@second.backup_path)).to eq(["whole_gitlab_backup.tar"])
  ensure
    FileUtils.rm_f("#{@second.backup_path}/whole_gitlab_backup.tar")
  end

  it "bring back all there was when the backup path is a link, with and without an archive, and by both commands" do
    behind_a_link do
      run(@first, "create", "BACKUP=linked")
      run(@first, "create", "SKIP=tar")
      names = Dir.children(@first.backup_path)
      move(*names)
      run(@second, "restore", "force=yes")
      run(@second, "restore", "force=yes", "BACKUP=linked")
      expect(cli("restore", "all", "linked", "--yes", "--gitlab-path", @second.root).status.exitstatus).to eq(0)
      expect(cli("backup", "all", "--gitlab-path", @second.root, "--backup-id", "cli").status.exitstatus).to eq(0)
      expect(cli("restore", "all", "cli", "--yes", "--gitlab-path", @second.root).status.exitstatus).to eq(0)
      expect(Dir.children(@second.backup_path)).to match_array(names + ["cli"])
      Dir.children(@second.backup_path).each { |name| FileUtils.rm_rf("#{@second.backup_path}/#{name}") }
    end
    expect(differences).to eq([])
  end

  it "bring back all there was without an archive, and leave it where it is" do
    run(@first, "create", "SKIP=tar")
    names = Dir.children(@first.backup_path)
    move(*names)
    run(@second, "verify")
    run(@second, "restore", "force=yes")
    expect(differences).to eq([])
    expect(Dir.children(@second.backup_path)).to match_array(names)
  ensure
    names&.each { |name| FileUtils.rm_rf("#{@second.backup_path}/#{name}") }
  end
end
