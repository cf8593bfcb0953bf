# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::RestoreRun do
  include ArchiveOracles
  include TinyInstance
  include Restores

  let(:root) { tiny_instance(uploads: { "a.txt" => "content", "deep/er/b" => "b" }) }
  let(:uploads) { "#{root}/public/uploads" }
  let(:builds) { "#{root}/builds" }
  let(:base) { backups_of(root) }

  # A backup of the folders as they are, and then other content in them.
  def change(id = "id")
    back_up(root, "--backup-id", id)
    @then = [tree(uploads), tree(builds)]
    FileUtils.rm_rf("#{uploads}/deep")
    write("#{uploads}/a.txt", "changed")
    write("#{uploads}/.new/file", "new")
    write("#{builds}/log", "new")
    @now = [tree(uploads), tree(builds)]
  end

  def trees
    [tree(uploads), tree(builds)]
  end

  def damage(id, product)
    File.open("#{base}/#{id}/#{product}", "r+b") { |file| file.seek(30) && file.write("damage") }
  end

  it "brings folders back as they were, says what it did, and leaves nothing aside" do
    write("#{builds}/1/log", "text")
    File.symlink("nowhere", "#{builds}/link")
    File.utime(1, Time.at(1_000_000_000, 123_456_789, :nsec), "#{builds}/1/log")
    File.chmod(0o750, builds)
    change
    result = restore(root, "id")
    expect([trees, result.errors, result.status.exitstatus]).to eq([@then, "", 0])
    expect(result.output.gsub(/^\[.*?\] \S+ +/, "").gsub(/\d+s\)/, "0s)").lines(chomp: true)).to include(
      "Restoring GitLab backup id... (#{base}/id)", "This will be replaced:",
      "Uploads: #{uploads}, by 2 files (20.0 KiB)", "Executing restoration of Uploads...",
      "Finished restoration of Uploads! (0s)", "GitLab restoration of backup id finished (0s)"
    )
    expect([ours_below(root), names(root)]).to eq([[], ["id"]])
  end

  it "names the steps that come then as the pages do" do
    steps = described_class::STEPS
    page = File.read("docs/restore.md", encoding: "UTF-8")
    expect(page[/GitLab's own steps come then.*?\.$/m].scan(/`([^`]+)`/).flatten).to eq(steps)
    tasks = steps.filter_map { |step| step[/\Agitlab-rake (\S+)/, 1] }
    expect(File.read("README.md", encoding: "UTF-8")).to include("gitlab-rake #{tasks.join(" ")} SANITIZE=true")
  end

  it "takes latest for the newest backup, and restores what is asked for only" do
    change("old")
    expect(restore(root, "latest", "--only", "uploads").status.exitstatus).to eq(0)
    expect(trees).to eq([@then.first, @now.last])
    expect(restore(root, "latest", "--skip", "uploads").output).to include("Left out as asked: Uploads")
    expect(trees).to eq(@then)
  end

  it "takes no partial backup for latest, but one of what is asked for" do
    change("old")
    result = cli("backup", "all", "--gitlab-path", root, "--backup-id", "partial", "--only", "builds")
    expect(result.status.exitstatus).to eq(0)
    result = restore(root, "latest", "--only", "uploads")
    expect(result.errors).to match(/latest is old: newer, but passed over: partial \(without uploads\)/)
    expect(result.status.exitstatus).to eq(0)
    expect(restore(root, "latest").errors).to match(/latest is old: .* passed over: partial \(made without db, /)
    expect(trees).to eq(@then)
  end

  it "follows a link to the folder, and makes one that is missing" do
    back_up(root, "--backup-id", "id")
    before = trees
    FileUtils.mkdir_p("#{temp_dir}/data")
    FileUtils.rm_rf([uploads, builds])
    File.symlink("#{temp_dir}/data/uploads", uploads)
    expect(restore(root, "id").status.exitstatus).to eq(0)
    expect([trees, File.symlink?(uploads)]).to eq([before, true])
  end

  it "leaves a folder alone of which the backup has nothing" do
    FileUtils.rm_rf(builds)
    change
    result = restore(root, "id")
    expect([tree(builds), result.status.exitstatus]).to eq([@now.last, 0])
    expect(result.output).to include("Builds: #{builds} stays as it is; the backup was made while this folder did not")
    expect(ours_below(root)).to eq([])
  end

  it "restores what tar and gzip have made" do
    old_backup(root, "foreign")
    write("#{temp_dir}/tree/x/y", "made by tar")
    system("tar", "-C", "#{temp_dir}/tree", "-czf", "#{base}/foreign/uploads.tar.gz", ".", exception: true)
    result = restore(root, "foreign")
    expect([contents(uploads), result.status.exitstatus]).to eq([{ "x/y" => "made by tar" }, 0])
    expect(result.output).to include("uploads.tar.gz (about 10.0 KiB, it has no manifest)")
    expect(result.output).to include("Not in the backup: Databases, Repositories, Builds")
  end

  it "tells programs in JSON" do
    change
    events = restore(root, "id", "--json").output.lines.map { |line| JSON.parse(line) }
    component = %w[component_started component_finished]
    expect(events.map { |event| event["event"] } - ["info"]).to eq(["restore_started", *component * 2, "restored"])
    refused = cli("restore", "all", "id", "--gitlab-path", root, "--json", stdin_data: "")
    expect(JSON.parse(refused.output.lines.last)).to include("event" => "failed", "message" => /nobody can be asked/)
  end

  context "when it is better not to begin" do
    before { change }

    # The one line of the refusal; nothing was touched.
    def refusal(*arguments, **options)
      result = cli("restore", "all", *arguments, "--gitlab-path", root, **options)
      expect([trees, result.status.exitstatus, ours_below(root), names(root) & [".gbn-backup_restore.lock"]])
        .to eq([@now, 1, [], []])
      expect(result.errors.lines.size).to eq(1)
      result.errors
    end

    it "refuses what is no backup, or does not have what is asked for" do
      write("#{base}/half.incomplete/manifest/INCOMPLETE.json", "{}")
      expect(refusal("half.incomplete", "--yes")).to match(/half.incomplete is incomplete and holds no whole component/)
      expect(refusal("../id", "--yes")).to match(/is not a backup id/)
      expect(refusal("other", "--yes")).to match(/there is no backup "other"/)
      expect(refusal("id", "--yes", "--only", "lfs")).to match(/has no LFS Objects: it holds uploads, builds/)
      expect(refusal("id", "--yes", "--skip", "uploads,builds")).to match(/nothing to restore/)
      expect(refusal("id", "--yes", "--only", "lfs", "--skip", "lfs")).to match(/leave no component to restore/)
      expect(refusal("id", "--yes", "--backup-bucket")).to match(/--backup-bucket needs a value/)
    end

    it "refuses a backup of another version, unless that is wanted" do
      File.write("#{root}/VERSION", "18.6.3-ee")
      expect(refusal("id", "--yes"))
        .to match(/Backup failed: GitLab version mismatch: .* by 18.6.2-ee, this is 18.6.3-ee: .* --force-version/)
      result = restore(root, "id", "--force-version")
      expect([trees, result.status.exitstatus]).to eq([@then, 0])
      expect(result.errors).to match(/version mismatch.*restored all the same, as asked/)
    end

    it "refuses a backup without readable metadata, unless that is wanted" do
      File.write("#{base}/id/backup_information.json", "[")
      expect(refusal("id", "--yes")).to match(/no backup_information.json that can be read.* --force-version/)
      expect(restore(root, "id", "--force-version").status.exitstatus).to eq(0)
    end

    it "refuses folders that would move aside with others, and one that holds the backups" do
      write("#{uploads}/inner/file", "x")
      config = YAML.load_file("#{root}/config/gitlab.yml")
      config["production"]["gitlab_ci"] = { "builds_path" => "#{uploads}/inner" }
      File.write("#{root}/config/gitlab.yml", config.to_yaml)
      expect(restore(root, "id").errors).to match(/Builds \(#{uploads}.inner\) lies within Uploads/)
      config["production"]["gitlab_ci"]["builds_path"] = temp_dir
      File.write("#{root}/config/gitlab.yml", config.to_yaml)
      expect(restore(root, "id", "--only", "builds").errors).to match(/the backup path #{base} lies in #{temp_dir}/)
      expect(contents(uploads)).to include("inner/file" => "x", "a.txt" => "changed")
    end

    it "asks before anything is touched, until the answer is yes or no" do
      command = [TinyInstance::LAUNCHER, "restore", "all", "id", "--gitlab-path", root]
      shown, status = on_terminal(*command, answers: %w[Yes no])
      expect([shown.scan("Do you want to continue (yes/no)? ").size, shown[/Quitting\.\.\./], status])
        .to eq([2, "Quitting...", 1])
      expect([trees, names(root)]).to eq([@now, ["id"]])
      expect([on_terminal(*command, answers: %w[yes]).last, trees]).to eq([0, @then])
    end

    it "ends at the question when it is interrupted there, and nothing was touched" do
      shown, status = on_terminal(TinyInstance::LAUNCHER, "restore", "all", "id", "--gitlab-path", root,
                                  answers: ["\x03"])
      expect([shown[/interrupted by SIGINT, nothing was touched/], status, trees, names(root)])
        .to eq(["interrupted by SIGINT, nothing was touched", 130, @now, ["id"]])
    end

    it "refuses to go on when nobody can be asked, also with its input closed" do
      expect(refusal("id", stdin_data: "yes\n")).to match(/nobody can be asked.* nothing was touched: give --yes/)
      output, status = Open3.capture2e(TinyInstance::ENVIRONMENT, "sh", "-c", 'exec "$@" <&-', "sh",
                                       TinyInstance::LAUNCHER, "restore", "all", "id", "--gitlab-path", root)
      expect([output[/nobody can be asked/], status.exitstatus, trees]).to eq(["nobody can be asked", 1, @now])
    end

    it "takes GITLAB_ASSUME_YES for an answer" do
      expect(refusal("id", environment: { "GITLAB_ASSUME_YES" => "no" })).to match(/nobody can be asked/)
      result = cli("restore", "all", "id", "--gitlab-path", root, environment: { "GITLAB_ASSUME_YES" => "1" })
      expect([result.status.exitstatus, trees]).to eq([0, @then])
    end

    it "refuses to run beside another run" do
      File.open("#{root}/tmp/backup_restore.lock", "w") do |file|
        file.flock(File::LOCK_EX)
        expect(refusal("id", "--yes")).to match(/already running/)
      end
    end
  end

  # A copy under another name has the first one's manifests: nobody knows whether they still fit.
  it "restores either of two backups with the same id, and uses no manifest but in its own folder" do
    change
    FileUtils.cp_r("#{base}/id", "#{base}/copy", preserve: true)
    File.write("#{base}/copy/uploads.tar.gz", oracle("tar", "-czf", "-", "-C", uploads, "."), mode: "wb")
    result = restore(root, "copy", "--jobs", "1")
    expect([result.errors[/the manifests in .*copy do not belong to it/], result.status.exitstatus, contents(uploads)])
      .to match([String, 0, { "a.txt" => "changed", ".new/file" => "new" }])
    expect([restore(root, "id", "--jobs", "1").status.exitstatus, trees]).to eq([0, @then])
  end

  it "refuses a backup that lacks what was in it, and restores the rest when that is asked for" do
    change
    File.unlink("#{base}/id/builds.tar.gz")
    result = restore(root, "id")
    expect([result.status.exitstatus, result.errors])
      .to match([1, /id is damaged .* builds: builds.tar.gz is missing; --skip builds restores the rest/])
    expect(trees).to eq(@now)
    result = restore(root, "id", "--skip", "builds")
    expect([result.status.exitstatus, result.errors]).to match([0, /backup id is damaged: builds.tar.gz is missing/])
    expect(trees).to eq([@then.first, @now.last])
    expect(restore(root, "latest").errors).to match(/no complete backup in .*, but id \(builds.tar.gz is missing\)/)
  end

  context "when a component fails" do
    before do
      change
      damage("id", "uploads.tar.gz")
    end

    it "gives that one back, restores the others, and says how to put all back" do
      result = restore(root, "id")
      expect([trees, result.status.exitstatus]).to eq([[@now.first, @then.last], 1])
      expect(result.errors).to match(/restoration of Uploads failed! .*uploads.tar.gz/i)
      expect(result.errors.lines.last).to match(/not all was restored \(Uploads\).*: gitlab-backup-cli restore undo$/)
      undone = after_restore(root, "undo")
      expect([trees, undone.status.exitstatus, undone.errors]).to eq([@now, 0, ""])
      expect([ours_below(root), names(root)]).to eq([[], ["id"]])
    end

    it "keeps what was there before the first of several attempts as what undo gives back" do
      restore(root, "id")
      write("#{builds}/log", "made after the first attempt")
      expect(back_up(root, "--backup-id", "next").errors).to match(/the restore id_\d+ was not completed: this backup/)
      second = restore(root, "id")
      expect([second.status.exitstatus, second.errors]).to match([1, /restore id_\d+ was not completed/])
      expect([tree(builds), names(root).grep(/before/).size]).to eq([@then.last, 1])
      expect([after_restore(root, "undo").status.exitstatus, trees]).to eq([0, @now])
    end

    it "completes without what the backup has lost when that is left out" do
      restore(root, "id")
      File.unlink("#{base}/id/uploads.tar.gz")
      result = restore(root, "id", "--skip", "uploads")
      expect([trees, result.status.exitstatus]).to eq([[@now.first, @then.last], 0])
      expect([ours_below(root), names(root)]).to eq([[], ["id"]])
    end

    it "refuses to delete what a broken-off run has left aside" do
      restore(root, "id")
      journal = Dir.glob("#{base}/*.before/journal.json").first
      File.write(journal, File.read(journal).sub('"state": "failed"', '"state": "running"'))
      result = after_restore(root, "settle")
      expect([result.status.exitstatus, result.errors]).to match([1, /not deleted: it was broken off; restore/])
      expect([after_restore(root, "undo").status.exitstatus, trees]).to eq([0, @now])
    end

    it "completes with another backup, and deletes what was aside" do
      restore(root, "id")
      back_up(root, "--backup-id", "other")
      wanted = trees
      write("#{uploads}/x", "x")
      result = restore(root, "other")
      expect([trees, result.status.exitstatus, ours_below(root), names(root)]).to eq([wanted, 0, [], %w[id other]])
    end
  end

  it "keeps what was there when that is wanted, for undo or for settle", :aggregate_failures do
    change
    kept = restore(root, "id", "--keep-previous")
    expect([trees, kept.status.exitstatus]).to eq([@then, 0])
    expect(kept.output).to match(/What was there before is kept: gitlab-backup-cli restore undo/)
    expect([back_up(root, "--backup-id", "next"), names(root).size].last).to eq(3)
    expect(cli("list", "--gitlab-path", root).output.lines.map(&:split).map(&:first)).to eq(%w[id id next])
    expect([after_restore(root, "undo").status.exitstatus, trees]).to eq([0, @now])
    expect(after_restore(root, "undo").errors).to match(/no restore has kept anything.*nothing to undo/)
    restore(root, "id", "--keep-previous")
    expect([after_restore(root, "settle").status.exitstatus, trees, ours_below(root)]).to eq([0, @then, []])
    expect(after_restore(root, "settle").errors).to match(/no restore has kept anything/)
  end

  it "goes back through two restores, the newer one first" do
    change
    restore(root, "id", "--keep-previous")
    write("#{uploads}/between", "x")
    between = trees
    restore(root, "id", "--keep-previous")
    older = names(root).grep(/before/).min.delete_suffix(".before")
    expect(after_restore(root, "undo", older).errors).to match(/came after #{older}: undo or settle that one first/)
    expect(after_restore(root, "undo", "none").errors).to match(/no restore "none" to undo: there is #{older}, /)
    expect([after_restore(root, "undo").status.exitstatus, trees]).to eq([0, between])
    expect([after_restore(root, "undo", older).status.exitstatus, trees, ours_below(root)]).to eq([0, @now, []])
  end

  it "asks before it undoes" do
    change
    restore(root, "id", "--keep-previous")
    result = cli("restore", "undo", "--gitlab-path", root, stdin_data: "")
    expect([result.status.exitstatus, result.errors, trees]).to match([1, /nobody can be asked/, @then])
    shown, status = on_terminal(TinyInstance::LAUNCHER, "restore", "undo", "--gitlab-path", root, answers: ["\x03"])
    expect([shown, status, trees]).to match([/interrupted by SIGINT: nothing is lost/, 130, @then])
  end

  it "ends with the old content or the new one when it is interrupted, and can go on", :aggregate_failures do
    200.times { |i| write("#{uploads}/many/#{i % 20}/#{i}", i.to_s * 3000) }
    change
    back_up(root, "--backup-id", "now")
    random = Random.new(RSpec.configuration.seed)
    9.times do |index|
      name, code = { "INT" => 130, "TERM" => 143, "HUP" => 129, "QUIT" => 131 }.to_a[index % 4]
      status, output = interrupted(name, random)
      expect([0, code]).to include(status), output
      expect(output).not_to match(/\.rb:\d/)
      expect([@now, @then].transpose.zip(trees).all? { |known, tree| known.include?(tree) }).to be(true), output
      put_back(output)
    end
  end

  # At some moment after it has begun. Returns [exit status, output].
  def interrupted(name, random)
    reader, writer = IO.pipe
    pid = spawn(TinyInstance::ENVIRONMENT, TinyInstance::LAUNCHER, "restore", "all", "id", "--gitlab-path", root,
                "--yes", out: writer, err: writer)
    writer.close
    first = reader.gets
    sleep random.rand(0.5) # the moments are meant to differ
    Process.kill(name, pid)
    [Process.wait2(pid).last.exitstatus, first.to_s + reader.read]
  end

  # By undo where it says so, by the next restore else.
  def put_back(output)
    if output.match?(/put it back with: gitlab-backup-cli restore undo$/)
      expect([after_restore(root, "undo").status.exitstatus, trees]).to eq([0, @now]), output
    else
      expect([restore(root, "now").status.exitstatus, trees]).to eq([0, @now]), output
    end
    expect([ours_below(root), names(root)]).to eq([[], %w[id now]]), output
  end

  context "with a disk of its own", if: TinyDisk.available? do
    include TinyDisk

    # Old content and a lost+found on the disk at public/uploads; then the restore.
    def restore_on_disk(options, id: "id", environment: {})
      script = 'cd "$1"; mkdir lost+found; echo old >old; shift; exec "$@"'
      on_tiny_disk(uploads, options, "sh", "-c", script, "sh", uploads, TinyInstance::LAUNCHER, "restore", "all", id,
                   "--gitlab-path", root, "--yes", environment: TinyInstance::ENVIRONMENT.merge(environment))
    end

    it "restores into a mount point, and lets lost+found be" do
      back_up(root, "--backup-id", "id")
      output, status, listing = restore_on_disk("size=1m")
      expect([status, listing]).to eq([0, %w[a.txt deep deep/er deep/er/b lost+found]]), output
    end

    it "gives the content of a mount point back" do
      back_up(root, "--backup-id", "id")
      damage("id", "uploads.tar.gz")
      output, status, listing = restore_on_disk("size=1m")
      expect([status, listing]).to eq([1, %w[lost+found old]]), output
    end

    # The last four bytes of a gzip file are all that is known of it, and may mislead.
    it "begins where the room seems not to do, when that is wanted" do
      back_up(root, "--backup-id", "id")
      FileUtils.rm_r("#{base}/id/manifest")
      File.open("#{base}/id/uploads.tar.gz", "ab") { |file| file.write(Zlib.gzip("")) }
      output, status, listing = restore_on_disk("size=1m")
      expect([status, listing]).to eq([1, %w[lost+found old]]), output
      expect(output).to match(/4.0 GiB needed, .* or go on all the same with BACKUP_SKIP_STORAGE_CHECK=true/)
      output, status, listing = restore_on_disk("size=1m", environment: { "BACKUP_SKIP_STORAGE_CHECK" => "true" })
      expect([status, listing]).to eq([0, %w[a.txt deep deep/er deep/er/b lost+found]]), output
    end

    it "refuses to begin without the room, of which holes need none" do
      File.open("#{uploads}/holes", "wb") { |file| file.truncate(50_000_000) }
      back_up(root, "--backup-id", "id")
      output, status, listing = restore_on_disk("size=6m")
      expect([status, listing]).to eq([0, %w[a.txt deep deep/er deep/er/b holes lost+found]]), output
      File.binwrite("#{uploads}/random", Random.new(1).bytes(6_500_000))
      back_up(root, "--backup-id", "next")
      output, status, listing = restore_on_disk("size=6m", id: "next")
      expect([status, listing]).to eq([1, %w[lost+found old]])
      expect(output).to match(/too little room on the file system of #{uploads}: \S+ MiB needed, \S+ MiB available/)
    end
  end
end
