# frozen_string_literal: true

require "digest"

# The tasks over a whole instance: two databases, repositories, all folders. What they make is read by stock tools.
RSpec.describe "gitlab:backup:create" do
  include TinyInstance
  include TaskRuns
  extend WholeInstance

  whole_instance("create_all")
  before(:context) { rakefile(@demo.root) }

  after { FileUtils.rm_rf(Dir.glob("#{@demo.backup_path}/*")) }

  let(:backups) { @demo.backup_path }
  let(:cluster) { PostgresCluster.shared }

  def run(*words, **options)
    rake(@demo.root, *words, **options)
  end

  # Puts the dump into a new database by gzip and psql. Returns what pg_dump says of that.
  def restored(dump, name)
    cluster.create_database(name, owner: DemoInstance::ROLE)
    sql, status = Open3.capture2("gzip", "-cd", dump, binmode: true)
    expect(status.success?).to be(true)
    cluster.query(sql.gsub(/^\\(un)?restrict .*$/, ""), database: name)
    dumped(name)
  end

  def dumped(name)
    Open3.capture2("#{PostgresCluster.bin_folder}/pg_dump", "-h", cluster.directory, "-U", PostgresCluster::SUPERUSER,
                   name, binmode: true).first.gsub(/^\\(un)?restrict .*$/, "")
  end

  # True if git makes a whole repository of it.
  def clones?(bundle)
    clone = "#{temp_dir}/clone#{bundle.hash}"
    Open3.capture2e("git", "clone", "--quiet", "--mirror", bundle, clone).last.success? &&
      Open3.capture2e("git", "-C", clone, "fsck", "--strict").last.success?
  end

  it "makes one tar of everything, which gzip, psql, tar and git can read" do
    result = run("gitlab:backup:create", "BACKUP=all")
    expect([result.errors, result.status.exitstatus, Dir.children(backups)]).to eq(["", 0, ["all_gitlab_backup.tar"]])
    system("tar", "-xf", "#{backups}/all_gitlab_backup.tar", "-C", temp_dir, exception: true)
    expect(restored("#{temp_dir}/db/database.sql.gz", "create_all_main")).to eq(dumped(@demo.databases.fetch("main")))
    expect(restored("#{temp_dir}/db/ci_database.sql.gz", "create_all_ci2")).to eq(dumped(@demo.databases.fetch("ci")))
    expect(sha256sum(temp_dir).then { |output, status| [output, status.exitstatus] }).to eq(["", 0])
    bundles = Dir.glob("#{temp_dir}/repositories/**/*.bundle")
    expect([bundles.empty?, bundles.reject { |bundle| clones?(bundle) }]).to eq([false, []])
  end

  it "holds its members in GitLab's order" do
    run("gitlab:backup:create", "BACKUP=all")
    listed = Open3.capture2("tar", "-tf", "#{backups}/all_gitlab_backup.tar").first.split("\n")
    expect(listed.map { |name| name[%r{\A[^/]+/?}] }.uniq)
      .to eq(["backup_information.yml", "db/", "repositories/",
              *Gitlab::Backup::Native::Component::IDS.drop(2).map { |id| "#{id}.tar.gz" }, "manifest/"])
  end

  it "records the newest migration" do
    run("gitlab:backup:create", "BACKUP=all")
    yaml = Open3.capture2("tar", "-xOf", "#{backups}/all_gitlab_backup.tar", "backup_information.yml").first
    newest = cluster.query("SELECT max(version) FROM schema_migrations", database: @demo.databases.fetch("main"))
    expect(yaml).to include(":db_version: '#{newest}'\n", ":backup_id: all\n", ":skipped: ''\n")
  end

  it "leaves the tar to the owner of the backup path" do
    run("gitlab:backup:create", "BACKUP=all")
    expect(File.stat("#{backups}/all_gitlab_backup.tar").uid).to eq(File.stat(backups).uid)
  end

  it "keeps everything but the databases when they cannot be reached, and shows no password" do
    result = run("gitlab:backup:create", "BACKUP=all", environment: { "GITLAB_BACKUP_PGPORT" => "1" })
    expect([result.status.exitstatus, Dir.children(backups)]).to eq([1, ["all_gitlab_backup.tar.incomplete"]])
    expect(messages(result.output)).to include(
      start_with("Dumping database failed: Failed to create compressed file '#{backups}/db/database.sql.gz' when " \
                 "trying to backup the main database: ").and(match(/\(host '.*', port '1', database 'create_all'\)/))
    )
    shown = result.output + result.errors + File.read("#{@demo.root}/log/backup_json.log")
    expect(shown).not_to include(DemoInstance::PASSWORD)
    expect(shown).not_to include(DemoInstance::PASSWORD.gsub("\"", "\\\""))
  end

  it "makes the parts alone, where GitLab's restore looks for them" do
    run("gitlab:backup:db:create", "gitlab:backup:repo:create", "gitlab:backup:pages:create")
    expect(Dir.children(backups).sort).to eq(%w[db pages.tar.gz repositories])
    expect(Dir.children("#{backups}/db").sort).to eq(%w[ci_database.sql.gz database.sql.gz])
    expect(restored("#{backups}/db/database.sql.gz", "create_all_main")).to eq(dumped(@demo.databases.fetch("main")))
    expect(File.stat("#{backups}/db").mode & 0o777).to eq(0o700)
  end

  it "replaces the parts of a run before" do
    write("#{backups}/db/old_database.sql.gz", "")
    result = run("gitlab:backup:create", "BACKUP=all", "SKIP=tar,repositories")
    expect([result.status.exitstatus, Dir.children("#{backups}/db").sort])
      .to eq([0, %w[ci_database.sql.gz database.sql.gz]])
  end

  describe "by gitlab-backup, called by root", if: Process.euid.zero? do
    # Output of both streams and exit status.
    def gitlab_backup(*words)
      program = File.expand_path("../../exe/gitlab-backup", __dir__)
      output, status = Open3.capture2e(task_environment("GITLAB_PATH" => @demo.root), RbConfig.ruby, program, *words)
      [output, status.exitstatus]
    end

    # What of the folder of uploads is in a backup, and whose it is.
    def uploads
      paths = Dir.glob("**/*", base: @demo.folders.fetch("uploads")).reject { |path| path.start_with?("tmp") }
      paths.sort.to_h do |path|
        stat = File.stat("#{@demo.folders.fetch("uploads")}/#{path}")
        [path, [stat.uid, stat.mode, stat.size]]
      end
    end

    it "works as GitLab's user" do
      output, status = gitlab_backup("create", "BACKUP=all")
      expect([output[/You are running as/], messages(output).grep(/is done/), status])
        .to eq([nil, ["Backup all is done."], 0])
    end

    def database
      Digest::SHA256.hexdigest(dumped(@demo.databases.fetch("main")))
    end

    it "brings everything back" do
      gitlab_backup("create", "BACKUP=all")
      before = [uploads, database]
      FileUtils.rm_rf(Dir.glob("#{@demo.folders.fetch("uploads")}/*").first)
      cluster.query("DROP TABLE IF EXISTS users CASCADE", database: @demo.databases.fetch("main"))
      output, status = gitlab_backup("restore", "BACKUP=all", "force=yes", "GITLAB_ASSUME_YES=1")
      expect([messages(output).grep(/Restore task is done/).size, status]).to eq([1, 0])
      expect([uploads, database]).to eq(before)
    end
  end
end
