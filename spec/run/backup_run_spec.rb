# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::BackupRun do
  include TinyInstance
  include TinyDisk

  let(:root) { tiny_instance }
  let(:backup) { "#{backups_of(root)}/id" }

  def run(*arguments, **options)
    back_up(root, "--backup-id", "id", *arguments, **options)
  end

  # The one line of a run that failed.
  def failure(result)
    lines = result.errors.lines.grep(/\u274C/)
    expect([lines.size, result.status.exitstatus]).to eq([1, 1])
    lines.first.split("failed: ", 2).last.chomp
  end

  it "publishes products, metadata, manifest and sums, all private" do
    result = run
    expect([result.status.exitstatus, names(root)]).to eq([0, ["id"]])
    files = Dir.glob("#{backup}/**/*").select { |path| File.file?(path) }
    expected = %w[backup_information.json backup_information.yml builds.tar.gz manifest/SHA256SUMS
                  manifest/builds.msgpack manifest/summary.json manifest/uploads.msgpack uploads.tar.gz]
    expect(files.map { |path| path.delete_prefix("#{backup}/") }.sort).to eq(expected)
    expect(files.map { |path| File.stat(path).mode & 0o777 }.uniq).to eq([0o600])
    expect([backup, "#{backup}/manifest"].map { |path| File.stat(path).mode & 0o777 }).to eq([0o700, 0o700])
    expect(sha256sum(backup).then { |output, status| [output, status.exitstatus] }).to eq(["", 0])
  end

  it "names it by time and version, and counts on when the second is taken" do
    2.times { expect(back_up(root).status.exitstatus).to eq(0) }
    expect(names(root)).to match([/\A\d{10}_\d{4}_\d\d_\d\d_18\.6\.2-ee\z/] * 2)
    information = JSON.parse(File.read("#{backups_of(root)}/#{names(root).first}/backup_information.json"))
    expect(names(root).first).to start_with("#{Time.iso8601(information["created_at"]).to_i}_")
  end

  it "records what was left out where GitLab's tasks look for it" do
    run
    skipped = File.read("#{backup}/backup_information.yml")[/^:skipped: (.*)$/, 1].split(",")
    expect(skipped.sort).to eq((Gitlab::Backup::Native::Component::IDS - %w[uploads builds]).sort)
  end

  it "refuses an id that exists, whatever it is" do
    FileUtils.mkdir_p(backup)
    expect(failure(run)).to match(%r{/id already exists: choose another --backup-id})
    FileUtils.rmdir(backup)
    File.symlink("nowhere", backup)
    expect(failure(run)).to match(%r{/id already exists})
    File.unlink(backup)
    FileUtils.mkdir_p("#{backup}.incomplete")
    expect(failure(run)).to match(%r{/id\.incomplete already exists})
  end

  it "says why the backup path cannot be used, and does not make it" do
    FileUtils.rmdir(backups_of(root))
    expect(failure(run)).to match(/backup path .* does not exist: mount or create it/)
    expect(File.exist?(backups_of(root))).to be(false)
    File.write(backups_of(root), "")
    expect(failure(run)).to match(/backup path .* is not a directory/)
  end

  it "refuses a backup path inside of what it backs up, before any work" do
    tiny_instance(at: root, path: "#{root}/public/uploads/backups")
    expect(failure(run)).to match(%r{backup path .*/uploads/backups lies in .*/public/uploads, which .* as Uploads})
    expect(Dir.children("#{root}/public/uploads/backups")).to eq([])
  end

  it "refuses a database.yml without databases before any work, if they are wanted" do
    ["", nil, "production:\n"].each do |content|
      FileUtils.rm_f("#{root}/config/database.yml")
      write("#{root}/config/database.yml", content)
      %w[db,uploads repositories,uploads].each do |wanted|
        expect(failure(cli("backup", "all", "--gitlab-path", root, "--only", wanted))).to match(/database\.yml/)
        expect(names(root)).to eq([])
      end
    end
    expect(run.status.exitstatus).to eq(0)
  end

  it "tells once that a database cannot be reached" do
    write("#{root}/config/database.yml", "production: {main: {database: x, host: #{temp_dir}}}\n")
    result = cli("backup", "all", "--gitlab-path", root, "--only", "db,uploads")
    expect(result.status.exitstatus).to eq(1)
    expect("#{result.output}#{result.errors}".scan("cannot connect").size).to eq(1)
  end

  it "keeps what was finished when a component failed, never as a backup, and says so everywhere" do
    FileUtils.rmdir("#{root}/builds")
    File.write("#{root}/builds", "no folder")
    result = run
    expect([names(root), result.status.exitstatus]).to eq([["id.incomplete"], 1])
    expect(result.errors.lines.last).to match(
      %r{failed: 1 component failed \(Builds\), what was finished is kept in .*/id\.incomplete$}
    )
    reasons = JSON.parse(File.read("#{backup}.incomplete/manifest/INCOMPLETE.json"))["components"]
    expect(reasons).to match([{ "id" => "builds", "title" => "Builds", "reason" => %r{/builds} }])
    expect(Dir.children("#{backup}.incomplete").sort).to eq(%w[manifest uploads.tar.gz])
    expect(sha256sum("#{backup}.incomplete").last).to be_success
    expect(cli("list", "--gitlab-path", root).output).to match(/^id\.incomplete .* incomplete$/)
    expect(cli("show", "id.incomplete", "--gitlab-path", root).output)
      .to match(/^Status: +incomplete .*^What failed:\n  Builds: .*^Builds +failed/m)
  end

  it "takes as many workers as there are descriptors for, and says so" do
    100.times { |number| write("#{root}/public/uploads/#{number}/file", "content") }
    result = run("--jobs", "1024", rlimit_nofile: 128)
    expect([result.status.exitstatus, names(root)]).to eq([0, ["id"]])
    expect("#{result.output}#{result.errors}").to match(/\(ulimit -n\) allows 16 workers instead of 1024/)
  end

  it "says what to do when descriptors run out all the same" do
    100.times { |number| write("#{root}/public/uploads/#{number}/a/b/file", "content") }
    result = run(rlimit_nofile: 24)
    expect(result.status.exitstatus).to eq(1)
    expect(result.errors).to match(/Too many open files.* \(lower --jobs or raise ulimit -n\)/)
    expect(result.errors).not_to include("unexpected")
  end

  it "keeps nothing when nothing was finished" do
    FileUtils.rmdir("#{root}/builds")
    File.write("#{root}/builds", "no folder")
    result = cli("backup", "all", "--gitlab-path", root, "--only", "builds")
    expect([names(root), result.status.exitstatus]).to eq([[], 1])
    expect(result.errors).to match(/1 component failed \(Builds\), nothing is kept/)
  end

  it "takes no backup of nothing" do
    result = cli("backup", "all", "--gitlab-path", root, "--only", "registry")
    expect(failure(result)).to match(/there is nothing to back up: .* \(nothing kept\)$/)
    expect(names(root)).to eq([])
  end

  it "ends with status 1 and a backup when single files cannot be read" do
    unreadable = "#{root}/public/uploads/secret"
    write(unreadable, "")
    File.chmod(0, unreadable)
    FileUtils.chmod_R("go+rX", temp_dir) unless Process.euid.zero?
    preload = write("#{temp_dir}/nobody.rb", "Process::Sys.setresuid(65534, 65534, 65534) if Process.uid.zero?")
    run_as_nobody(preload)
    expect(names(root)).to eq(["id"])
    expect(cli("show", "id", "--gitlab-path",
               root).output).to match(/^Problems:\n  Uploads: unreadable secret: Permission denied$/)
    expect(cli("list", "--gitlab-path", root).output).to match(/partial \(uploads, builds\), 1 problem$/)
  end

  # Root reads everything; so this run is somebody else's.
  def run_as_nobody(preload)
    config = File.read("#{root}/config/gitlab.yml")
    File.write("#{root}/config/gitlab.yml", config.sub(/user: \S+/, "user: nobody")) if Process.euid.zero?
    FileUtils.mkdir_p(backups_of(root))
    system("chown", "-R", "nobody", backups_of(root), "#{root}/tmp") if Process.euid.zero?
    File.chmod(0o755, temp_dir)
    result = run(environment: { "RUBYOPT" => "-r#{preload}" })
    expect([result.status.exitstatus,
            result.errors]).to match([1, /finished with 1 problem: id .*; see gitlab-backup-cli show id/])
  end

  it "prunes by keep_time after success only, and never the last good copy" do
    tiny_instance(at: root, keep_time: 100)
    old_backup(root, "older", seconds_ago: 300, components: { "db" => "complete", "uploads" => "complete" })
    old_backup(root, "old", seconds_ago: 200, components: { "db" => "complete", "uploads" => "complete" })
    File.rename("#{root}/builds", "#{root}/moved")
    File.write("#{root}/builds", "no folder")
    run
    expect(names(root)).to eq(%w[id.incomplete old older])
    File.unlink("#{root}/builds")
    result = run("--backup-id", "second")
    expect(result.output).to end_with("Deleting old backups ... done. (1 removed)\n")
    expect(names(root)).to eq(%w[id.incomplete old second])
  end

  it "goes on when nobody reads its lines any more" do
    command = "\"$0\" \"$@\"; echo $? >&2"
    _, errors, = Open3.capture3(TinyInstance::ENVIRONMENT, "bash", "-c", "{ #{command}; } | head -n 1", TinyInstance::LAUNCHER,
                                "backup", "all", "--gitlab-path", root, *TinyInstance::ONLY_FILES, "--backup-id", "id")
    expect([errors.lines.last, names(root)]).to eq(["0\n", ["id"]])
  end

  it "takes names no locale knows, in any locale" do
    write("#{root}/public/uploads/K\xF6ln\n\u2603.txt".b, "content")
    results = %w[C C.UTF-8].map do |locale|
      back_up(root, "--backup-id", locale, environment: { "LC_ALL" => locale, "LANG" => locale })
    end
    expect(results.map { |result| result.status.exitstatus }).to eq([0, 0])
    expect(%w[C C.UTF-8].map { |id| File.binread("#{backups_of(root)}/#{id}/uploads.tar.gz") }.uniq.size).to eq(1)
  end

  it "refuses to run beside another run" do
    pid, output = start_long_run
    result = run
    expect(failure(result)).to match(/already running \(PID #{pid}\)/)
    Process.kill("TERM", pid)
    expect([Process.wait2(pid).last.exitstatus, names(root), output.read]).to match([143, [], /interrupted by SIGTERM/])
  end

  it "goes on after a run that was killed, and clears what that one left" do
    pid, = start_long_run
    Process.kill("KILL", pid)
    Process.wait(pid)
    decoys = %w[backup20260101-1-abc tmp].each { |name| FileUtils.mkdir_p("#{backups_of(root)}/#{name}") }
    expect(names(root).size).to eq(3)
    File.unlink("#{root}/public/uploads/fifo-like")
    result = run
    expect([names(root), result.status.exitstatus]).to eq([decoys.push("id").sort, 0])
    expect(result.output).to match(%r{Removed .*/backup\d{8}-#{pid}-\w+, left over})
    expect(result.errors).to match(/PID file .* exists and contains #{pid}, but the process is not running/)
    expect(Dir.children("#{root}/tmp")).to eq(["backup_restore.lock"])
  end

  # A run that is in the middle of its uploads: a sparse file of 64 GiB is as good as endless.
  def start_long_run
    File.open("#{root}/public/uploads/fifo-like", "w") { |file| file.truncate(64 << 30) }
    pid, output = start_backup(root, "--backup-id", "long")
    output.each_line { |line| break if line.include?("Executing Backup of Uploads") }
    [pid, output]
  end

  it "leaves nothing behind when it is interrupted at any moment", :aggregate_failures do
    16.times { |index| write("#{root}/public/uploads/#{index}", Random.bytes(1_000_000)) }
    random = Random.new(RSpec.configuration.seed)
    20.times do |index|
      name, code = { "INT" => 130, "TERM" => 143, "HUP" => 129, "QUIT" => 131 }.to_a[index % 4]
      pid, output = start_backup(root)
      output.gets # the run has begun
      sleep random.rand(0.3)
      2.times { Process.kill(name, pid) } # the second must not break the clean-up
      check_interrupted(Process.wait2(pid).last, output.read, code)
    end
  end

  def check_interrupted(status, text, code)
    expect([0, code]).to include(status.exitstatus), text
    expect(text.lines.grep(/\u274C/).size).to eq(status.exitstatus.zero? ? 0 : 1)
    expect(names(root).grep(/\A(backup|\.gbn)/)).to eq([])
    expect(Dir.children("#{root}/tmp")).to eq(["backup_restore.lock"])
  end

  if TinyDisk.available?
    it "leaves nothing half done when the disk runs full at any file it makes", :aggregate_failures do
      write("#{root}/builds/log", Random.bytes(100_000))
      FileUtils.mkdir_p(backups_of(root))
      statuses = [2, 4, 6, 8, 9, 10, 11, 12, 13, 20].map { |inodes| full_run("nr_inodes=#{inodes}") }
      expect(statuses).to eq(statuses.sort.reverse).and include(0, 1)
    end

    it "leaves nothing half done when the disk runs full within a file", :aggregate_failures do
      write("#{root}/public/uploads/large", Random.bytes(1_000_000))
      FileUtils.mkdir_p(backups_of(root))
      expect([4, 512, 1500, 4000].map { |kilobytes| full_run("size=#{kilobytes}k") }).to eq([1, 1, 1, 0])
    end

    it "keeps what was finished before the disk was full" do
      write("#{root}/builds/large", Random.bytes(3_000_000))
      FileUtils.mkdir_p(backups_of(root))
      expect([full_run("size=2000k"), @kept]).to match([1, include("id.incomplete/uploads.tar.gz",
                                                                   "id.incomplete/manifest/INCOMPLETE.json")])
    end
  end

  # Returns the exit status of a run on such a disk.
  def full_run(options)
    output, status, names = on_tiny_disk(backups_of(root), options, TinyInstance::LAUNCHER, "backup", "all",
                                         "--gitlab-path", root, *TinyInstance::ONLY_FILES, "--backup-id", "id",
                                         environment: TinyInstance::ENVIRONMENT)
    expect(names.grep(/\A(backup|\.gbn)/)).to eq([])
    if status.zero?
      expect(names).to include("id", "id/manifest/SHA256SUMS")
    else
      expect(output).to match(/failed: .*/).and match(/No space left on device/)
      expect(@kept = names).to all(match(%r{\Aid\.incomplete(/|\z)}))
    end
    status
  end
end
