# frozen_string_literal: true

# gitlab:backup:restore from archives that GNU tar and gzip have made as GitLab does.
RSpec.describe Gitlab::Backup::Native::TaskRestoreRun do
  include OuterTars
  include Restores
  include TaskRestores
  include TaskRuns
  include TinyDisk
  include TinyInstance

  let(:root) { tiny_instance(uploads: { "new.txt" => "of the present" }) }
  let(:base) { backups_of(root) }
  let(:restored) { { "old/b.txt" => "from the backup", "c.txt" => "c" * 100_000 } }
  let(:present) { { "new.txt" => "of the present" } }

  def status_of(result) = [result.status.exitstatus, uploads(root)]

  # A folder as tar -xf of the archive leaves it, in the backup path.
  def unpack_by_hand
    run_tool("tar", "-xf", "#{base}/#{OuterTars::OUTER_ID}_gitlab_backup.tar", "-C", base)
    FileUtils.rm("#{base}/#{OuterTars::OUTER_ID}_gitlab_backup.tar")
  end

  # An archive that is only known to be damaged once it is read.
  def damaged_builds
    stock_files.fetch("builds.tar.gz").tap { |content| content.setbyte(15_000, content.getbyte(15_000) ^ 0xFF) }
  end

  describe "the choice of the backup" do
    it "takes the only one there is, and tells what it does in GitLab's lines" do
      outer_tar(base, stock_files)
      result = restore_task(root)
      expect(status_of(result)).to eq([0, restored]), result.output + result.errors
      expect(messages(result.output)).to include("Restoring uploads ... ", "Restoring uploads ... done",
                                                 "Restoring builds ... done", "Restore task is done.")
      expect(result.output).to include("Warning: Your gitlab.rb and gitlab-secrets.json files contain sensitive data")
      expect(names(root)).to eq(["#{OuterTars::OUTER_ID}_gitlab_backup.tar"])
    end

    it "says where there is none" do
      result = restore_task(root)
      expect(messages(result.output)).to include("No backups found in #{base}",
                                                 "Please make sure that file name ends with _gitlab_backup.tar")
      expect(result.status.exitstatus).to eq(1)
    end

    it "asks which of several, also for an empty BACKUP" do
      %w[one two].each { |id| outer_tar(base, stock_files, id: id) }
      [[], ["BACKUP="]].each do |words|
        result = restore_task(root, *words)
        expect(messages(result.output))
          .to include("Found more than one backup:", " one", " two", "Please specify which one you want to restore:",
                      "rake gitlab:backup:restore BACKUP=timestamp_of_backup")
        expect(status_of(result)).to eq([1, present])
      end
    end

    it "takes the named one, without folders in the name, and says when it is not there" do
      %w[one two].each { |id| outer_tar(base, stock_files(id: id), id: id) }
      expect(status_of(restore_task(root, "BACKUP=../../one"))).to eq([0, restored])
      result = restore_task(root, "BACKUP=three")
      expect(messages(result.output)).to include("The backup file #{base}/three_gitlab_backup.tar does not exist!")
      expect(result.status.exitstatus).to eq(1)
    end

    it "takes a hidden one that is named, and does not offer it" do
      %w[one .two].each { |id| outer_tar(base, stock_files(id: id), id: id) }
      expect(status_of(restore_task(root, "BACKUP=.two"))).to eq([0, restored])
      File.unlink("#{base}/one_gitlab_backup.tar")
      expect(messages(restore_task(root).output)).to include("No backups found in #{base}")
    end

    it "takes the newest for BACKUP=latest" do
      outer_tar(base, stock_files(id: "b_new", backup_created_at: Time.utc(2025)), id: "b_new")
      outer_tar(base, { **stock_files(id: "a_old"), "uploads.tar.gz" => "broken" }, id: "a_old")
      expect(status_of(restore_task(root, "BACKUP=latest"))).to eq([0, restored])
    end

    it "passes over what is damaged at first sight for BACKUP=latest, and says so" do
      outer_tar(base, stock_files(id: "good"), id: "good")
      cut = outer_tar(base, stock_files(id: "cut", backup_created_at: Time.utc(2025)), id: "cut")
      File.truncate(cut, File.size(cut) - 12_000)
      File.write("#{base}/none_gitlab_backup.tar", "no tar")
      result = restore_task(root, "BACKUP=latest")
      expect(status_of(result)).to eq([0, restored]), result.output
      expect(messages(result.output)).to include(/\Alatest is not cut_.*: its end/, /\Alatest is not none_.*no tar/)
      File.unlink("#{base}/good_gitlab_backup.tar")
      expect(restore_task(root, "BACKUP=latest").status.exitstatus).to eq(1)
    end
  end

  context "with a remote storage" do
    let(:store) { "#{temp_dir}/store".tap { |path| FileUtils.mkdir_p("#{path}/backups") } }
    let(:root) do
      tiny_instance(uploads: present, upload: { "connection" => { "provider" => "Local", "local_root" => store },
                                                "remote_directory" => "backups" })
    end

    before { outer_tar("#{store}/backups", stock_files) }

    it "downloads an archive that is not here, with FETCH_REMOTE=yes and not without" do
      expect(status_of(restore_task(root, "BACKUP=#{OuterTars::OUTER_ID}"))).to eq([1, present])
      result = restore_task(root, "BACKUP=#{OuterTars::OUTER_ID}", "FETCH_REMOTE=yes")
      expect(status_of(result)).to eq([0, restored]), result.output + result.errors
      expect(names(root)).to eq(["#{OuterTars::OUTER_ID}_gitlab_backup.tar"])
    end

    it "says what is not there either" do
      result = restore_task(root, "BACKUP=none", "FETCH_REMOTE=yes")
      expect(status_of(result)).to eq([1, present])
      expect(messages(result.output).join).to match(/none_gitlab_backup.tar could not be downloaded from backups: /)
    end
  end

  it "takes members that begin with ./ in any order, and metadata without an id: Helm's" do
    folder = Dir.mktmpdir("helm-", temp_dir)
    stock_files(backup_id: nil, full_backup_id: nil, repositories_server_side: nil)
      .each { |path, content| File.binwrite("#{folder}/#{path}", content) }
    pack(base, folder, ["."], id: "0")
    expect(status_of(restore_task(root, "BACKUP=0"))).to eq([0, restored])
  end

  it "compares versions by the first member, before anything else of the archive is read" do
    path = outer_tar(base, stock_files(version: "17.0.0-ee"))
    File.truncate(path, 4096)
    result = restore_task(root)
    lines = result.output[/GitLab version mismatch:.*?Hint: .*?$/m].to_s.lines
    expect([lines.size, result.status.exitstatus, uploads(root)]).to eq([5, 1, present]), result.output
    expect(lines.join).to include("18.6.2-ee", "17.0.0-ee").and(end_with("Hint: git checkout v17.0.0-ee"))
  end

  it "needs no room for what lies in the archive" do
    skip "needs a mount namespace" unless TinyDisk.available?

    big = { "big" => Random.new(1).bytes(3_000_000) }
    files = { "backup_information.yml" => information(skipped: TaskRestores::SKIPPED + ["builds"]),
              "uploads.tar.gz" => stock_archive(big) }
    path = outer_tar(temp_dir, files)
    rakefile(root)
    script = 'cp -- "$1" "$2" && shift 2 && exec "$@"'
    output, status, = on_tiny_disk(base, "size=4m", "sh", "-c", script, "sh", path, base, RbConfig.ruby, TaskRuns::RAKE,
                                   "-f", "#{root}/Rakefile", "gitlab:backup:restore",
                                   environment: task_environment({}).merge("GITLAB_PATH" => root))
    expect([status, uploads(root)]).to eq([0, big]), output
  end

  context "with repositories in it" do
    # What a backup of one repository without the rest is: its files are not looked at before they are unpacked.
    let(:files) do
      { "backup_information.yml" => information(skipped: TaskRestores::SKIPPED - ["repositories"] + %w[uploads builds]),
        "repositories/default/a.git/1/001.bundle" => "x" * 2_000_000 }
    end

    # Runs the task where the backup path is a disk of this size, with the archive on it.
    def restored_on(size, *words)
      path = outer_tar(temp_dir, files)
      rakefile(root)
      script = 'cp -- "$1" "$2" && shift 2 && exec "$@"'
      on_tiny_disk(base, "size=#{size}", "sh", "-c", script, "sh", path, base, RbConfig.ruby, TaskRuns::RAKE, "-f",
                   "#{root}/Rakefile", "gitlab:backup:restore", *words,
                   environment: task_environment({}).merge("GITLAB_PATH" => root))
    end

    it "says when they cannot be unpacked", if: TinyDisk.available? do
      output, status, names = restored_on("3m")
      expect([status, names.size, messages(output).join]).to match([1, 1, /Insufficient disk space in #{base}: /])
      output, status, names = restored_on("3m", "BACKUP_SKIP_STORAGE_CHECK=true")
      expect([status, names.size]).to eq([1, 1])
      expect(messages(output))
        .to include("Skipping disk space check because BACKUP_SKIP_STORAGE_CHECK is enabled.", "Unpacking backup ... ",
                    /\AUnpacking backup failed: .*No space left on device/)
    end
  end

  it "refuses an archive that is cut off, before anything is touched" do
    path = outer_tar(base, stock_files)
    File.truncate(path, File.size(path) - 15_000)
    result = restore_task(root)
    expect(status_of(result)).to eq([1, present])
    expect(messages(result.output).join("\n")).to include("#{OuterTars::OUTER_ID}_gitlab_backup.tar")
  end

  it "never tries what was skipped, here or at creation" do
    outer_tar(base, stock_files(skipped: TaskRestores::SKIPPED + ["builds"]).except("builds.tar.gz"))
    result = restore_task(root, "SKIP=uploads,lfs")
    expect(status_of(result)).to eq([1, present])
    expect(messages(result.output)).to include(/\Athere is nothing to restore: SKIP, here or when the backup was made/)
    outer_tar(base, stock_files)
    result = restore_task(root, "SKIP=uploads")
    expect([status_of(result), contents("#{root}/builds").keys]).to match([[0, present], include("2024_04/1.log")])
    expect(result.output).not_to include("Restoring uploads")
  end

  it "refuses a backup that lacks what every backup has, and takes one without what older ones lack" do
    outer_tar(base, stock_files.except("builds.tar.gz"))
    result = restore_task(root)
    expect(status_of(result)).to eq([1, present])
    expect(messages(result.output).join).to match(/lacks builds: SKIP=builds restores the rest; nothing was touched/)
    result = restore_task(root, "SKIP=builds")
    expect(status_of(result)).to eq([0, restored])
    expect(messages(result.output).join).to include("Not in the backup, and so not restored: terraform_state, packages")
  end

  it "leaves a registry alone that is not enabled here, folder or not, and says so" do
    write("#{root}/shared/registry/here", "present")
    outer_tar(base, { **stock_files, "registry.tar.gz" => stock_archive("there" => "from the backup") })
    result = restore_task(root)
    expect(status_of(result)).to eq([0, restored]), result.output
    expect(messages(result.output))
      .to include(/\ARestoring container registry images ... \[DISABLED\]: .*registry.enabled/)
    unpack_by_hand
    result = restore_task(root, task: "gitlab:backup:registry:restore")
    expect(messages(result.output)).to include("Restoring container registry images ... [DISABLED]")
    expect(contents("#{root}/shared/registry")).to eq("here" => "present")
  end

  it "knows that Gitaly may have stored the repositories itself" do
    skipped = TaskRestores::SKIPPED - ["repositories"]
    outer_tar(base, stock_files(skipped: skipped, repositories_server_side: true))
    result = restore_task(root, environment: { "PATH" => "/usr/bin:/bin" })
    expect(status_of(result)).to eq([1, present])
    expect(messages(result.output).join).to match(/storages/).and(satisfy { |text| !text.include?("lacks") })
    result = restore_task(root, task: "gitlab:backup:verify")
    expect([result.status.exitstatus, messages(result.output)])
      .to match([0, include("repositories: Gitaly has stored them itself: they are not looked at")])
  end

  it "takes an incomplete archive with INCOMPLETE=yes, for the components it holds" do
    path = outer_tar(base, stock_files.except("builds.tar.gz"))
    File.rename(path, "#{path}.incomplete")
    result = restore_task(root, "BACKUP=#{OuterTars::OUTER_ID}")
    expect(status_of(result)).to eq([1, present])
    expect(messages(result.output)).to include("No backups found in #{base}")
    expect(messages(result.output).join).to match(/incomplete: .*INCOMPLETE=yes takes the components one of them/)
    result = restore_task(root, "BACKUP=#{OuterTars::OUTER_ID}", "INCOMPLETE=yes")
    expect(status_of(result)).to eq([0, restored]), result.output
  end

  it "keeps what was there when a component fails, and the source too" do
    outer_tar(base, { **stock_files, "builds.tar.gz" => damaged_builds })
    write("#{root}/builds/present.log", "present")
    result = restore_task(root)
    expect(result.status.exitstatus).to eq(1)
    expect(messages(result.output).join("\n")).to match(/Restoring builds failed: .*gitlab_backup.tar: builds.tar.gz/)
    expect(contents("#{root}/builds")).to eq("present.log" => "present")
    expect(after_restore(root, "undo").status.exitstatus).to eq(0)
    expect(uploads(root)).to eq(present)
  end

  describe "a backup that lies unpacked in the backup path" do
    before do
      outer_tar(base, stock_files)
      unpack_by_hand
    end

    it "is taken and gone afterwards" do
      result = restore_task(root)
      expect(status_of(result)).to eq([0, restored])
      expect(messages(result.output))
        .to include("Non tarred backup found in #{base}, using that", "Deleting tar staging files ... ",
                    "Cleaning up #{base}/uploads.tar.gz", "Deleting tar staging files ... done")
      expect(names(root)).to eq([])
    end

    it "stays with SKIP=tar, from here or from its creation" do
      expect(status_of(restore_task(root, "SKIP=tar"))).to eq([0, restored])
      File.write("#{base}/backup_information.yml", information(skipped: ["tar", *TaskRestores::SKIPPED]))
      expect(status_of(restore_task(root))).to eq([0, restored])
      expect(names(root)).to eq(%w[backup_information.yml builds.tar.gz uploads.tar.gz])
    end

    it "stays when it could not be restored, and when another one is named" do
      File.binwrite("#{base}/builds.tar.gz", damaged_builds)
      expect(restore_task(root).status.exitstatus).to eq(1)
      expect(after_restore(root, "undo").status.exitstatus).to eq(0)
      outer_tar(base, stock_files, id: "other")
      expect(status_of(restore_task(root, "BACKUP=other"))).to eq([0, restored])
      expect(names(root)).to eq(%w[backup_information.yml builds.tar.gz other_gitlab_backup.tar uploads.tar.gz])
    end

    it "is restored by the component's task, whatever SKIP and its version say, and stays" do
      File.write("#{base}/backup_information.yml", information(version: "17.0.0"))
      result = restore_task(root, "SKIP=uploads", task: "gitlab:backup:uploads:restore")
      expect(status_of(result)).to eq([0, restored]), result.output
      expect(names(root)).to include("backup_information.yml", "builds.tar.gz", "uploads.tar.gz")
      expect(after_restore(root, "undo").status.exitstatus).to eq(0)
      expect(uploads(root)).to eq(present)
    end

    it "says what a component's task lacks" do
      result = restore_task(root, task: "gitlab:backup:registry:restore")
      expect([messages(result.output), result.status.exitstatus])
        .to match([include("Restoring container registry images ... [DISABLED]"), 0])
      File.unlink("#{base}/backup_information.yml")
      result = restore_task(root, task: "gitlab:backup:uploads:restore")
      expect([messages(result.output).join, result.status.exitstatus]).to match([/No such file or directory/, 1])
    end
  end

  it "brings back what our own run could finish when a component failed" do
    FileUtils.rm_r("#{root}/builds")
    File.write("#{root}/builds", "in the way")
    expect(rake(root, "gitlab:backup:create", "SKIP=db,repositories", "BACKUP=part").status.exitstatus).to eq(1)
    expect(names(root)).to eq(["part_gitlab_backup.tar.incomplete"])
    File.write("#{root}/public/uploads/new.txt", "changed")
    result = restore_task(root, "BACKUP=part", "INCOMPLETE=yes")
    expect(status_of(result)).to eq([0, present]), result.output
    expect(messages(result.output).join).to match(/and so not restored: builds/)
    expect(File.read("#{root}/builds")).to eq("in the way")
  end

  it "says which components lacked something already when the backup was made", if: Process.euid.zero? do
    File.chmod(0o755, temp_dir)
    rakefile(root, "task('nobody') { Process::UID.change_privilege(Etc.getpwnam('nobody').uid) }")
    system("chown", "-R", "nobody", root, base, exception: true)
    write("#{root}/public/uploads/secret", "").then { |path| File.chmod(0o600, path) }
    expect(rake(root, "nobody", "gitlab:backup:create", "SKIP=db,repositories", "BACKUP=x").status.exitstatus).to eq(1)
    result = restore_task(root)
    expect([result.status.exitstatus, messages(result.output).grep(/could not be read/)])
      .to eq([0, ["uploads: the backup lacks what could not be read when it was made (1 problem): " \
                  "`gitlab-backup-cli show` lists it"]])
  end

  describe "our own archive" do
    before do
      created = rake(root, "gitlab:backup:create", "SKIP=db,repositories", "BACKUP=ours")
      expect(created.status.exitstatus).to eq(0), created.output + created.errors
      File.write("#{root}/public/uploads/new.txt", "changed")
    end

    it "is restored, with its manifests" do
      result = restore_task(root, "BACKUP=ours")
      expect(status_of(result)).to eq([0, present]), result.output
      expect(result.output).not_to include("has no manifest")
    end

    it "is verified, and to be damaged where it is" do
      expect(rake(root, "gitlab:backup:verify", "BACKUP=ours").status.exitstatus).to eq(0)
      path = "#{base}/ours_gitlab_backup.tar"
      File.binwrite(path, "\x00\xFF".b, Gitlab::Backup::Native::TarIndex.new(path).file("uploads.tar.gz").offset + 40)
      result = rake(root, "gitlab:backup:verify", "BACKUP=ours")
      expect([result.status.exitstatus, messages(result.output).join("\n")])
        .to match([1, /^uploads: uploads\.tar\.gz: .*^Backup ours is damaged/m])
      expect(restore_task(root).status.exitstatus).to eq(1)
      expect(File.read("#{root}/public/uploads/new.txt")).to eq("changed")
    end

    it "is verified as far as it can be when COMPRESS_CMD has packed it" do
      created = rake(root, "gitlab:backup:create", "SKIP=db,repositories", "BACKUP=bz", "COMPRESS_CMD=bzip2 -1")
      expect(created.status.exitstatus).to eq(0), created.output + created.errors
      result = rake(root, "gitlab:backup:verify", "BACKUP=bz")
      expect([result.status.exitstatus, messages(result.output)])
        .to match([0, include(/\Auploads: no gzip, but what was published/,
                              "Verifying uploads ... done (1 file is good)")])
      path = "#{base}/bz_gitlab_backup.tar"
      File.binwrite(path, "\x00".b, Gitlab::Backup::Native::TarIndex.new(path).file("uploads.tar.gz").offset)
      result = rake(root, "gitlab:backup:verify", "BACKUP=bz")
      expect([result.status.exitstatus, messages(result.output)])
        .to match([1, include(%r{\Auploads: uploads\.tar\.gz: it differs from manifest/SHA256SUMS})])
    end

    it "is restored and verified by gitlab-backup-cli as well" do
      expect(cli("verify", "ours", "--gitlab-path", root).status.exitstatus).to eq(0)
      expect([restore(root, "ours").status.exitstatus, uploads(root)]).to eq([0, present])
      expect(names(root)).to eq(["ours_gitlab_backup.tar"])
    end
  end
end
