# frozen_string_literal: true

require "open3"

# An archive made as GitLab's Rake tasks make it, by tar, gzip, pg_dump and git alone, comes back by our task.
RSpec.describe "gitlab:backup:restore of GitLab's own archive" do
  include OuterTars
  include TaskRestores
  include TaskRuns
  include TinyInstance

  members = %w[backup_information.yml db repositories] +
            (Gitlab::Backup::Native::Component::IDS - %w[db repositories]).map { |id| "#{id}.tar.gz" }

  before(:context) do
    @directory = Dir.mktmpdir("gbn-stock-")
    %w[first second].each { |name| Dir.mkdir("#{@directory}/#{name}") }
    File.chmod(0o755, @directory)
    @common = { cluster: PostgresCluster.shared, account: DemoInstance.default_account }
    @demo = DemoInstance.create("#{@directory}/first", **@common, prefix: "task_first", bytes: 50_000)
    backup = StockBackup.create(@demo, PostgresCluster.shared, rake: true)
    @archive = pack(@directory, backup, members.select { |name| File.exist?("#{backup}/#{name}") }, id: StockBackup::ID)
    @second = DemoInstance.create_empty("#{@directory}/second", **@common, prefix: "task_second")
    system("cp", "--", @archive, @second.backup_path, exception: true)
  end

  after(:context) { system("rm", "-rf", "--", @directory) }

  def run(task, *words, environment: {})
    rake(@second.root, "gitlab:backup:#{task}", *words, environment: environment)
  end

  it "is verified" do
    result = run("verify")
    expect(result.status.exitstatus).to eq(0), result.output + result.errors
    expect(messages(result.output))
      .to include("GitLab version matches:",
                  "  Your current GitLab version (#{DemoInstance::VERSION}) matches the GitLab version in the backup.",
                  "Backup #{StockBackup::ID} is good.")
  end

  it "is verified to be damaged when it is, and is still there afterwards" do
    damaged = "#{@second.backup_path}/damaged_gitlab_backup.tar"
    system("cp", "--", @archive, damaged, exception: true)
    place = Gitlab::Backup::Native::TarIndex.new(damaged).file("lfs.tar.gz")
    File.binwrite(damaged, "\xFF\x00\xFF".b, place.offset + (place.size / 2))
    result = run("verify", "BACKUP=damaged")
    expect(result.status.exitstatus).to eq(1)
    expect(messages(result.output).grep(/lfs objects/)).to include(match(/lfs\.tar\.gz/), match(/failed: 1 damage/))
    expect(messages(result.output)).to include(match(/Verifying uploads ... done \(\d+ files are good\)/))
  ensure
    FileUtils.rm_f(damaged)
  end

  it "is listed, verified and extracted from by gitlab-backup-cli" do
    options = ["--gitlab-path", @second.root]
    expect(cli("verify", StockBackup::ID, *options)).to have_attributes(status: be_success)
    listed = cli("ls", StockBackup::ID, *options).output
    expect(listed.lines.map { |line| line.split.first }).to include("db", "repositories", "uploads")
    result = cli("extract", StockBackup::ID, "db", "main", "-C", temp_dir, *options)
    expect(result.status.exitstatus).to eq(0), result.errors
    dump = Open3.capture2("tar -xOf #{@archive} db/database.sql.gz | gzip -cd", binmode: true).first
    expect(File.binread("#{temp_dir}/database.sql") == dump).to be(true)
  end

  # What differs between the two instances. As tar keeps times: in whole seconds.
  def differences
    before = DemoRun::Contents.new(@demo, PostgresCluster.shared, times: DemoRun::Contents::WHOLE_SECONDS)
    verdicts = []
    DemoRun::Comparison.new(before, @demo.folders, @second, PostgresCluster.shared).run { |verdict| verdicts << verdict }
    expect(verdicts.size).to eq(4)
    verdicts.reject(&:met)
  end

  it "comes back, too, when a shell script has made it" do
    made = "#{@second.backup_path}/script_gitlab_backup.tar"
    databases = @demo.databases.map { |name, database| "db:#{"#{name}_" unless name == "main"}database=#{database}" }
    script = File.expand_path("../support/gitlab_create.sh", __dir__)
    output, status = Open3.capture2e(
      { "PGHOST" => PostgresCluster.shared.directory, "PGUSER" => PostgresCluster::SUPERUSER,
        "PATH" => "#{PostgresCluster.bin_folder}:#{ENV.fetch("PATH")}" },
      script, made, DemoInstance::VERSION, "#{temp_dir}/staging".tap { |path| Dir.mkdir(path) }, @demo.storage_path,
      *databases, *@demo.folders.map { |pair| pair.join("=") }
    )
    expect([output, status.exitstatus]).to eq(["", 0])
    result = run("restore", "BACKUP=script", "force=yes", environment: { "GITLAB_ASSUME_YES" => "1" })
    expect([result.status.exitstatus, differences]).to eq([0, []]), result.output + result.errors
  ensure
    FileUtils.rm_f(made)
  end

  it "is restored into another instance, which then holds what the first one holds" do
    result = run("restore", "force=yes", environment: { "GITLAB_ASSUME_YES" => "1" })
    expect(result.status.exitstatus).to eq(0), result.output + result.errors
    expect(differences).to eq([])
    expect(messages(result.output)).to include("Unpacking backup ... ", "Unpacking backup ... done",
                                               "Restoring database ... done", "Restoring repositories ... done",
                                               "Restore task is done.")
    expect(Dir.children(@second.backup_path)).to eq([File.basename(@archive)])
  end

  it "leaves nothing unpacked, not even when it is killed while it asks" do
    shown = +""
    rake_meanwhile(rakefile(@second.root), "gitlab:backup:restore") do |pid, output, _input|
      shown << output.readpartial(4096) until shown.include?("(yes/no)?")
      Process.kill(:KILL, pid)
    end
    expect(Dir.children(@second.backup_path)).to include(start_with("restore"))
    expect(messages(run("verify").output)).to include(/\ARemoved .*restore.*, left over by a run that was broken off/)
    expect(Dir.children(@second.backup_path)).to eq([File.basename(@archive)])
  end

  # As Helm's backup-utility does: it unpacks, names the archive 0, and its metadata have no id.
  it "is restored part by part, unpacked and under another name" do
    folder = @second.backup_path
    run_tool("tar", "-xf", @archive, "-C", folder)
    File.write("#{folder}/backup_information.yml", OuterTars::OLD_INFORMATION)
    parts = Gitlab::Backup::Native::TaskNames::TASKS.keys
    failed = parts.reject { |part| run("#{part}:restore", "BACKUP=0", "force=yes").status.success? }
    run_tool("tar", "-xzf", "#{folder}/ci_catalog_bundles.tar.gz", "-C", @second.folders["ci_catalog_bundles"])
    expect([failed, differences]).to eq([[], []])
  ensure
    (Dir.children(folder) - [File.basename(@archive)]).each { |name| FileUtils.rm_rf("#{folder}/#{name}") }
  end
end
