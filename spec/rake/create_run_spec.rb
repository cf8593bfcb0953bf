# frozen_string_literal: true

# gitlab:backup:create by rake, on an instance of files only, without the outer tar.
RSpec.describe Gitlab::Backup::Native::CreateRun do
  include TinyInstance
  include TaskRuns

  let(:root) { tiny_instance(uploads: { "a.txt" => "content", "tmp/b" => "left out" }) }
  let(:backups) { backups_of(root) }

  def create(*words, skip: "tar,db,repositories", **options)
    rake(root, "gitlab:backup:create", "SKIP=#{skip}", *words, **options)
  end

  def information
    yaml = File.read("#{backups}/backup_information.yml").gsub(/ !ruby\S+/, "")
    YAML.safe_load(yaml, permitted_classes: [Symbol, Time])
  end

  # Names in an archive of the backup path, as tar tells them.
  def archived(name)
    Open3.capture2("tar", "-tzf", "#{backups}/#{name}").first.split("\n")
  end

  it "says what it does in GitLab's words and order, and ends with 0" do
    result = create("BACKUP=x", skip: "tar,db,repositories,lfs")
    names = ["uploads", "builds", "artifacts", "pages", "terraform states", "packages", "ci secure files",
             "agent plan content", "CI catalog bundles", "external diffs"]
    dumped = names.flat_map { |name| ["Dumping #{name} ... ", "Dumping #{name} ... done"] }
    expected = ["Dumping database ... [SKIPPED]", "Dumping repositories ... [SKIPPED]", *dumped.first(8),
                "Dumping lfs objects ... [SKIPPED]", *dumped[8, 2], "Dumping container registry images ... [DISABLED]",
                *dumped.drop(10), "Deleting backups/tmp ... ", "Deleting backups/tmp ... done",
                "Warning: Your gitlab.rb and gitlab-secrets.json files contain sensitive data", "Backup x is done.",
                "Deleting backup and restore PID file at [#{root}/tmp/backup_restore.pid] ... done"]
    lines = messages(result.output).grep_v(/ does not exist, an empty archive |cannot connect to the database/)
    expect([lines, result.errors, result.status.exitstatus]).to eq([expected, "", 0])
  end

  it "leaves products and metadata in the backup path that stock tools read, for the owner alone" do
    create("BACKUP=x")
    archives = %w[agent_plan_content artifacts builds ci_catalog_bundles ci_secure_files external_diffs lfs packages
                  pages terraform_state uploads].map { |id| "#{id}.tar.gz" }
    expect(names(root)).to eq((archives + %w[backup_information.yml manifest]).sort)
    expect(archived("uploads.tar.gz")).to eq(%w[./ ./a.txt])
    expect(Dir.glob("#{backups}/*.*").map { |path| File.stat(path).mode & 0o777 }.uniq).to eq([0o600])
    expect(sha256sum(backups).then { |output, status| [output, status.exitstatus] }).to eq(["", 0])
  end

  it "writes GitLab's twelve keys, with what was left out and the filters" do
    create("BACKUP=x", "REPOSITORIES_PATHS=a,b,a", skip: "repositories,tar,db")
    expect(information.keys).to eq(%i[db_version backup_created_at gitlab_version tar_version installation_type skipped
                                      repositories_storages repositories_paths skip_repositories_paths
                                      repositories_server_side backup_id full_backup_id])
    expect(information.slice(:skipped, :repositories_paths, :backup_id, :gitlab_version))
      .to eq(skipped: "tar,db,repositories", repositories_paths: "a,b", backup_id: "x", gitlab_version: "18.6.2-ee")
  end

  it "names the backup after time and version, unless BACKUP does; its folders do not count" do
    create
    stamp, date = information[:backup_id].match(/\A(\d{10})_(\d{4}_\d\d_\d\d)_18\.6\.2-ee\z/).captures
    expect(Time.at(stamp.to_i).utc.strftime("%Y_%m_%d")).to eq(date)
    create("BACKUP=../../etc/x")
    expect(information[:backup_id]).to eq("x")
    create("BACKUP=")
    expect(information[:backup_id]).to match(/\A\d{10}_/)
  end

  it "takes a name in UTF-8, also where there is no locale" do
    result = create("BACKUP=größe", environment: { "LC_ALL" => "C" })
    expect([result.status.exitstatus, result.output.dup.force_encoding("UTF-8")])
      .to match([0, /Backup größe is done\.$/])
    expect(information[:backup_id]).to eq("größe")
  end

  it "refuses a name that is none" do
    ["..", ".", "a\nb", "a" * 256].each do |name|
      result = create("BACKUP=#{name}")
      expect([messages(result.output).grep(/\ABACKUP=.* cannot be used/).size, result.status.exitstatus, names(root)])
        .to eq([1, 1, []])
    end
  end

  it "takes the place of the staged backup before it, and of nothing else" do
    create("BACKUP=first")
    write("#{backups}/db/database.sql.gz", "made by a task of its own")
    write("#{backups}/notes.txt", "somebody's")
    write("#{root}/public/uploads/new", "")
    result = create("BACKUP=second")
    expect([result.status.exitstatus, information[:backup_id], archived("uploads.tar.gz")])
      .to eq([0, "second", %w[./ ./a.txt ./new]])
    expect(names(root)).to include("db", "notes.txt")
    expect(Dir.children(backups).grep(/\A\.|\Abackup\d/)).to eq([])
  end

  it "keeps what was finished, the backup before and backups/tmp when a component fails; ends with 1" do
    create("BACKUP=first")
    write("#{backups}/tmp/uploads.1/a", "moved aside")
    FileUtils.rm_rf("#{root}/builds")
    File.write("#{root}/builds", "a file")
    result = create("BACKUP=second")
    expect(result.status.exitstatus).to eq(1)
    expect(messages(result.output)).to include(/\ADumping builds failed: .*builds/)
      .and(include("Backup second is incomplete: builds failed; " \
                   "what was finished is kept in #{backups}/second.incomplete"))
    expect(result.output).not_to include("is done.")
    expect([information[:backup_id], File.exist?("#{backups}/tmp/uploads.1/a")]).to eq(["first", true])
    expect(Dir.children("#{backups}/second.incomplete") & %w[uploads.tar.gz builds.tar.gz backup_information.yml])
      .to eq(%w[uploads.tar.gz])
  end

  it "deletes backups/tmp once there is a backup, but nothing of somebody else's in there" do
    write("#{backups}/tmp/uploads.1770480592/a", "moved aside by a restore of GitLab's")
    create
    expect(File.exist?("#{backups}/tmp")).to be(false)
    ["uploads.1770480592/a", "uploads.old/a", "notes\xFF"].each { |name| write("#{backups}/tmp/#{name}", "") }
    create
    expect(Dir.children("#{backups}/tmp").sort).to eq(["notes\xFF", "uploads.old"])
  end

  it "ends with 1 for what could not be read, and says so", if: Process.euid.zero? do
    File.chmod(0o755, temp_dir)
    rakefile(root, "task('nobody') { Process::UID.change_privilege(Etc.getpwnam('nobody').uid) }")
    system("chown", "-R", "nobody", root, backups, exception: true)
    write("#{root}/public/uploads/secret", "").then { |path| File.chmod(0o600, path) }
    result = rake(root, "nobody", "gitlab:backup:create", "SKIP=tar,db,repositories", "BACKUP=x")
    expect([messages(result.output).grep(/unreadable|problem|is done/), result.status.exitstatus])
      .to match([["uploads: unreadable secret: Permission denied", "uploads: 1 problem", "Backup x is done.",
                  "Not all of it could be backed up: uploads (1 problem); they are listed above"], 1])
  end

  it "is silent with CRON, and prints everything when it fails" do
    %w[artifacts pages lfs-objects terraform_state packages ci_secure_files agent_plan_content ci_catalog_bundles
       external-diffs].each { |name| FileUtils.mkdir_p("#{root}/shared/#{name}") }
    quiet = create("CRON=1")
    expect([quiet.output, quiet.errors, quiet.status.exitstatus]).to eq(["", "", 0])
    FileUtils.rm_rf("#{root}/builds")
    File.write("#{root}/builds", "a file")
    failed = create("CRON=1")
    expect([failed.output, failed.status.exitstatus]).to eq(["", 1])
    expect(messages(failed.errors).first).to eq("Dumping database ... [SKIPPED]")
    expect(messages(failed.errors)).to include(/\ADumping builds failed: /)
  end

  it "tells of a missing folder, once, also with CRON" do
    FileUtils.rm_rf("#{root}/builds")
    result = create("CRON=1", skip: "tar,db,repositories,#{Gitlab::Backup::Native::Component::IDS.drop(4).join(",")}")
    expect([messages(result.errors), result.output, result.status.exitstatus])
      .to match([[%r{\ABuilds: .*/builds does not exist, an empty archive takes its place}], "", 0])
  end

  it "is interrupted with nothing left behind" do
    rakefile(root, <<~RUBY)
      class Gitlab::Backup::Native::CreateFinish
        def call(*)
          puts "here"
          $stdout.flush
          sleep
        end
      end
    RUBY
    status = rake_meanwhile(root, "gitlab:backup:create", "SKIP=tar,db,repositories") do |pid, output|
      nil until output.gets == "here\n"
      Process.kill(:TERM, pid)
      expect(messages(output.read)).to include("interrupted by SIGTERM, nothing was kept")
    end
    expect([status.exitstatus, names(root), Dir.children("#{root}/tmp")]).to eq([143, [], ["backup_restore.lock"]])
  end

  it "says that a restore before it was not completed" do
    Gitlab::Backup::Native::Journal.start(backups, "x").enter("running", backup_id: "x")
    expect(messages(create.output)).to include(/\Athe restore .* was not completed: this backup takes what is there/)
  end

  describe "one component's task" do
    it "puts its product into the backup path and does nothing else" do
      write("#{backups}/backup_information.yml", "somebody's")
      result = rake(root, "gitlab:backup:uploads:create")
      expect([messages(result.output).first(2), result.status.exitstatus])
        .to eq([["Dumping uploads ... ", "Dumping uploads ... done"], 0])
      expect([names(root), archived("uploads.tar.gz")])
        .to eq([%w[backup_information.yml uploads.tar.gz], %w[./ ./a.txt]])
    end

    it "takes the manifest away that would no longer fit" do
      create
      rake(root, "gitlab:backup:uploads:create")
      expect(names(root) & %w[backup_information.yml builds.tar.gz manifest])
        .to eq(%w[backup_information.yml builds.tar.gz])
    end

    it "heeds SKIP and what is disabled" do
      skipped = rake(root, "gitlab:backup:uploads:create", "SKIP=uploads")
      disabled = rake(root, "gitlab:backup:registry:create")
      expect([skipped, disabled].map { |result| [messages(result.output).first, result.status.exitstatus] })
        .to eq([["Dumping uploads ... [SKIPPED]", 0], ["Dumping container registry images ... [DISABLED]", 0]])
      expect(names(root)).to eq([])
    end

    it "ends with 1 and leaves the earlier product when it fails" do
      rake(root, "gitlab:backup:uploads:create")
      FileUtils.rm_rf("#{root}/public/uploads")
      File.write("#{root}/public/uploads", "a file")
      result = rake(root, "gitlab:backup:uploads:create")
      expect([messages(result.output)[1], result.status.exitstatus, archived("uploads.tar.gz")])
        .to match([/\ADumping uploads failed: /, 1, %w[./ ./a.txt]])
    end

    it "runs several in one call" do
      rake(root, "gitlab:backup:uploads:create", "gitlab:backup:builds:create")
      expect(names(root)).to eq(%w[builds.tar.gz uploads.tar.gz])
    end
  end
end
