# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::BackupSpace do
  include TinyInstance
  include TinyDisk
  include TaskRuns
  include OuterTars

  let(:root) { tiny_instance(uploads: { "a" => Random.bytes(3_000_000) }) }
  let(:base) { backups_of(root) }

  def needed(*ids)
    described_class.new(base, ids).needed
  end

  # A backup with these figures: {component id => [status, bytes, files]}
  def made(id, seconds_ago, rows)
    old_backup(root, id, seconds_ago: seconds_ago, components: rows.to_h { |name, (status)| [name, status] })
    path = "#{base}/#{id}/manifest/summary.json"
    summary = JSON.parse(File.read(path))
    summary["components"].each { |row| row["stored"], row["files"] = rows.fetch(row["id"]).drop(1) }
    File.write(path, JSON.generate(summary))
  end

  it "adds up what the components took, each in the newest backup that has it" do
    made("old", 90, "uploads" => ["complete", 100, 1], "lfs" => ["complete", 5000, 10])
    made("new", 60, "uploads" => ["problems", 700, 2], "lfs" => ["failed", nil, nil], "builds" => ["complete", 9, 0])
    old_backup(root, "foreign", seconds_ago: 30)
    expect([needed("uploads"), needed("lfs"), needed("uploads", "lfs")]).to eq([1212, 7560, 8772])
    expect(needed("pages")).to eq(0)
  end

  it "knows of backups that are tars" do
    expect(rake(root, "gitlab:backup:create", "SKIP=#{TaskRuns::NO_DATABASE}").status.exitstatus).to eq(0)
    expect(names(root).grep(/\.tar\z/).size).to eq(1)
    expect(needed("uploads")).to be_between(3_000_000, 3_100_000)
  end

  it "lets pass what has room, and where nobody has backed up before" do
    expect { described_class.new(base, ["uploads"]).check(RecordingReporter.new, passed: false) }.not_to raise_error
    back_up(root)
    expect { described_class.new(base, ["uploads"]).check(RecordingReporter.new, passed: false) }.not_to raise_error
  end

  # Two backups, one after the other, where there is room for one. Of the second the output; what is on the disk then.
  def second(first, second, environment: {})
    skip "no disk of a size of our own here" unless TinyDisk.available?
    tiny_instance(uploads: { "a" => Random.bytes(3_000_000) })
    script = "#{first.shelljoin} >/dev/null || exit 98; exec env #{second.shelljoin}"
    output, status, left = on_tiny_disk(base, "size=5m", "sh", "-c", script, environment: environment)
    [output, status, left.grep_v(%r{/})]
  end

  def command(id)
    [TinyInstance::LAUNCHER, "backup", "all", "--gitlab-path", root, "--full", "--backup-id", id, *TinyInstance::ONLY_FILES]
  end

  it "ends a run before anything is made, in one line" do
    root
    output, status, left = second(command("one"), command("two"))
    line = /too little room for a backup in #{base}: about 2\.9 MiB needed, .* took, \S+ MiB available; free some/
    expect([output.lines.grep(line).size, status, left]).to eq([1, 1, ["one"]])
    expect(output).not_to match(/Uploads/)
  end

  it "names what is left of a run that filled the disk, and how to be rid of it" do
    skip "no disk of a size of our own here" unless TinyDisk.available?
    root
    write("#{root}/builds/b", Random.bytes(3_000_000))
    delete = [TinyInstance::LAUNCHER, "delete", "one.incomplete", "--gitlab-path", root]
    runs = [command("one"), command("two"), delete, ["rm", "#{root}/builds/b"], command("three")].map(&:shelljoin)
    output, status, left = on_tiny_disk(base, "size=5m", "sh", "-c", runs.join("; "))
    line = /too little room .* available; one\.incomplete takes 2\.9 MiB: gitlab-backup-cli delete one\.incomplete;/
    expect([output.lines.grep(line).size, status, left.grep_v(%r{/})]).to eq([1, 0, ["three"]])
  end

  it "lets it try all the same, as asked" do
    root
    output, status, left = second(command("one"), ["BACKUP_SKIP_STORAGE_CHECK=true", *command("two")])
    expect(output).to match(/too little room for a backup .*; backed up all the same, as asked$/)
    expect(output).to match(/Backup of Uploads failed!.*No space left on device/)
    expect([status, left]).to eq([1, ["one", "two.incomplete"]])
  end

  it "does the same for GitLab's tasks, and counts nothing that is left out" do
    root
    rakefile(root)
    words = ["env", "-C", root, RbConfig.ruby, TaskRuns::RAKE, "gitlab:backup:create"]
    environment = task_environment({})
    first = [*words, "SKIP=#{TaskRuns::NO_DATABASE}", "BACKUP=one"]
    output, status, left = second(first, [*words, "SKIP=#{TaskRuns::NO_DATABASE}"], environment: environment)
    expect([messages(output).grep(/\Atoo little room for a backup in /).size, status, left])
      .to eq([1, 1, ["one_gitlab_backup.tar"]])
    output, status, = second(first, [*words, "SKIP=#{TaskRuns::NO_DATABASE},uploads", "BACKUP=two"],
                             environment: environment)
    expect([status, output]).to match([0, /Backup two is done/])
  end
end
