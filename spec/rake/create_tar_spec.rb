# frozen_string_literal: true

# gitlab:backup:create by rake, with the outer tar, its upload and the end of older ones.
RSpec.describe Gitlab::Backup::Native::CreateTar do
  include TinyInstance
  include TaskRuns
  include TinyDisk

  let(:root) { tiny_instance }
  let(:backups) { backups_of(root) }
  let(:id) { "1770480592_2026_02_07_18.6.2" }
  let(:tar) { "#{backups}/#{id}_gitlab_backup.tar" }

  def create(*words, skip: TaskRuns::NO_DATABASE, **options)
    rake(root, "gitlab:backup:create", "BACKUP=#{id}", "SKIP=#{skip}", *words, **options)
  end

  # Settings below `backup:` of gitlab.yml.
  def configure(**settings)
    path = "#{root}/config/gitlab.yml"
    config = YAML.load_file(path)
    config["production"]["backup"].merge!(JSON.parse(JSON.generate(settings)))
    File.write(path, config.to_yaml)
  end

  def local_upload(folder, **more)
    FileUtils.mkdir_p(folder)
    configure(upload: { connection: { provider: "Local", local_root: File.dirname(folder) },
                        remote_directory: File.basename(folder), **more })
  end

  def break_builds
    FileUtils.rm_rf("#{root}/builds")
    File.write("#{root}/builds", "a file")
  end

  def listed(*options, file: tar)
    output, status = Open3.capture2e("tar", "-tf", file, *options)
    expect(status.success?).to be(true)
    output.split("\n")
  end

  # Messages from the first about the tar on.
  def ending(result)
    messages(result.output).grep_v(/cannot connect/).drop_while { |line| !line.start_with?("Creating backup archive") }
  end

  it "makes the one file GitLab's tasks make, and nothing beside it" do
    result = create
    archives = Gitlab::Backup::Native::Component::IDS.drop(2) - %w[registry]
    expect([result.status.exitstatus, names(root)]).to eq([0, [File.basename(tar)]])
    expect(listed.first(12)).to eq(["backup_information.yml", *archives.map { |name| "#{name}.tar.gz" }])
    expect(listed.drop(12).first).to eq("manifest/")
    expect([File.stat(tar).mode & 0o777, File.size(tar) % 10_240]).to eq([0o600, 0])
  end

  it "can be unpacked by tar, with the checksums in it right" do
    create
    FileUtils.mkdir_p("#{temp_dir}/unpacked")
    system("tar", "-xf", tar, "-C", "#{temp_dir}/unpacked", exception: true)
    expect(sha256sum("#{temp_dir}/unpacked").then { |output, status| [output, status.exitstatus] }).to eq(["", 0])
    expect(Open3.capture2("tar", "-xzOf", "#{temp_dir}/unpacked/uploads.tar.gz", "./a.txt").first).to eq("content")
    modes = Dir.glob("#{temp_dir}/unpacked/**/*").map { |path| File.stat(path).mode & 0o077 }
    expect(modes.uniq).to eq([0])
  end

  it "says all that GitLab says about it, in that order" do
    file = File.basename(tar)
    expect(ending(create))
      .to eq(["Creating backup archive: #{file} ... ", "Creating backup archive: #{file} ... done",
              "Uploading backup archive to remote storage  ... [SKIPPED]", "Deleting old backups ... [SKIPPED]",
              "Deleting tar staging files ... ", "Deleting tar staging files ... done", "Deleting backups/tmp ... ",
              "Deleting backups/tmp ... done",
              "Warning: Your gitlab.rb and gitlab-secrets.json files contain sensitive data", "Backup #{id} is done.",
              "Deleting backup and restore PID file at [#{root}/tmp/backup_restore.pid] ... done"])
  end

  it "has the mode that is configured" do
    configure(archive_permissions: "0640")
    create
    expect(File.stat(tar).mode & 0o777).to eq(0o640)
  end

  it "takes the place of a tar of its name, once it is complete" do
    File.write(tar, "earlier")
    break_builds
    expect([create.status.exitstatus, File.read(tar)]).to eq([1, "earlier"])
    File.unlink("#{root}/builds")
    expect([create.status.exitstatus, listed.first]).to eq([0, "backup_information.yml"])
  end

  it "leaves a backup that lies there unpacked alone" do
    write("#{backups}/backup_information.yml", "of another")
    write("#{backups}/db/database.sql.gz", "of another")
    create
    expect([File.read("#{backups}/backup_information.yml"), File.read("#{backups}/db/database.sql.gz")])
      .to eq(["of another"] * 2)
  end

  it "keeps the finished components of a failed run aside, uploads nothing and deletes nothing" do
    local_upload("#{temp_dir}/remote/bucket")
    configure(keep_time: 60)
    write("#{backups}/1000000000_gitlab_backup.tar", "old")
    break_builds
    result = create
    expect([result.status.exitstatus, names(root)])
      .to eq([1, ["1000000000_gitlab_backup.tar", "#{id}_gitlab_backup.tar.incomplete"]])
    expect(Dir.children("#{temp_dir}/remote/bucket")).to eq([])
    expect(listed(file: "#{tar}.incomplete")).to include("uploads.tar.gz").and(include("manifest/INCOMPLETE.json"))
    expect(listed(file: "#{tar}.incomplete")).not_to include("builds.tar.gz")
    expect(messages(result.output))
      .to include(/\ADumping builds failed: /, /\ABackup #{id} is incomplete: builds failed/)
    expect(result.output).not_to match(/Creating backup archive|Uploading|old backups|is done/)
  end

  it "says how many incomplete archives have come together" do
    break_builds
    expect(create("BACKUP=first").output).not_to include("earlier incomplete")
    2.times { write("#{backups}/#{rand(1 << 32)}_gitlab_backup.tar.incomplete", "x" * 1024) }
    expect(messages(create.output))
      .to include(/\A3 earlier incomplete archives \(\d+\.\d KiB\) in #{backups}: delete what is needed no more/)
  end

  it "deletes none when single files could not be read", if: Process.euid.zero? do
    configure(keep_time: 60)
    write("#{backups}/1000000000_gitlab_backup.tar", "old")
    File.chmod(0o755, temp_dir)
    rakefile(root, "task('nobody') { Process::UID.change_privilege(Etc.getpwnam('nobody').uid) }")
    system("chown", "-R", "nobody", root, backups, exception: true)
    write("#{root}/public/uploads/secret", "").then { |path| File.chmod(0o600, path) }
    result = rake(root, "nobody", "gitlab:backup:create", "SKIP=db,repositories", "BACKUP=#{id}")
    expect([result.status.exitstatus, names(root)]).to eq([1, ["1000000000_gitlab_backup.tar", File.basename(tar)]])
    expect(result.output).not_to include("old backups")
  end

  it "deletes old tars" do
    configure(keep_time: 60)
    write("#{backups}/1000000000_gitlab_backup.tar", "old")
    write("#{backups}/nightly_gitlab_backup.tar", "of a name nobody deletes")
    expect(ending(create)).to include("Deleting old backups ... ", "Deleting old backups ... done. (1 removed)")
    expect(names(root)).to eq([File.basename(tar), "nightly_gitlab_backup.tar"])
  end

  it "uploads the tar below DIRECTORY" do
    local_upload("#{temp_dir}/remote/bucket")
    result = create("DIRECTORY=daily")
    expect(ending(result)).to include("Uploading backup archive to remote storage bucket ... ",
                                      "Uploading backup archive to remote storage bucket ... done")
    expect(FileUtils.identical?("#{temp_dir}/remote/bucket/daily/#{File.basename(tar)}", tar)).to be(true)
  end

  it "uploads nothing with SKIP=remote" do
    local_upload("#{temp_dir}/remote/bucket")
    expect(ending(create(skip: "db,repositories,remote")))
      .to include("Uploading backup archive to remote storage bucket ... [SKIPPED]")
    expect(Dir.children("#{temp_dir}/remote/bucket")).to eq([])
  end

  it "finds out before any work that the upload cannot go well" do
    local_upload(backups)
    result = create
    expect([result.status.exitstatus, names(root), messages(result.output).grep(/Dumping/)]).to eq([1, [], []])
    expect(messages(result.output).last).to include("backup.upload")
  end

  it "keeps what there was room for when the disk is full, and says where and what to do", if: TinyDisk.available? do
    write("#{root}/public/uploads/large", Random.bytes(4 << 20))
    write("#{root}/builds/1/trace.log", "log")
    rakefile(root)
    command = ["sh", "-c", "cd $0 && exec \"$@\"", root, *rake_command(%W[gitlab:backup:create BACKUP=#{id}])]
    output, status, names = on_tiny_disk(backups, "size=4m", *command,
                                         environment: task_environment("SKIP" => "db,repositories"))
    expect([status, names]).to eq([1, ["#{id}_gitlab_backup.tar.incomplete"]])
    expect(messages(output)).to include(/\ADumping uploads failed: .*No space left on device \(free some space/,
                                        "Dumping builds ... done", /\ABackup #{id} is incomplete: uploads failed/)
  end

  it "ends with 1 when the upload fails, keeps the tar, and deletes no old one" do
    local_upload("#{temp_dir}/remote/bucket", connection: { provider: "AWS", aws_access_key_id: "AKIASECRET",
                                                            aws_secret_access_key: "geheimgeheim", region: "x",
                                                            endpoint: "http://127.0.0.1:1" })
    configure(keep_time: 60)
    write("#{backups}/1000000000_gitlab_backup.tar", "old")
    result = create
    expect([result.status.exitstatus, names(root)]).to eq([1, ["1000000000_gitlab_backup.tar", File.basename(tar)]])
    expect(messages(result.output))
      .to include("Uploading backup to bucket failed", /\ABackup failed: #{tar} is complete/)
    expect(result.output).not_to match(/is done|AKIASECRET|geheimgeheim/)
    expect(File.read("#{root}/log/backup_json.log")).not_to match(/AKIASECRET|geheimgeheim/)
  end
end
