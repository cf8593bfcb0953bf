# frozen_string_literal: true

# What may be deleted while a restore that was killed is neither completed nor undone.
RSpec.describe Gitlab::Backup::Native::PendingRestore do
  include TinyInstance
  include TaskRuns

  let(:root) { tiny_instance(uploads: uploads, keep_time: 1) }
  let(:uploads) { Array.new(2000) { |i| ["#{i % 7}/#{i}", "#{i}\n"] }.to_h.merge("large" => Random.bytes(9_000_000)) }
  let(:stays) do
    way = "complete it (gitlab-backup-cli restore all g1) or put back what was there before (gitlab-backup-cli restore"
    /the restore g1_(\d{14}) was not completed: no backup is deleted until it is; #{Regexp.escape(way)} undo g1_\1\)$/
  end
  let(:takes) { /the restore g1_\d{14} was not completed: this backup takes what is there now$/ }

  before do
    raise "no backup" unless back_up(root, "--backup-id", "g1").status.success?

    nil until killed?
    outlive_keep_time
  end

  # Kills a restore in the midst of the uploads. False if it was done before that.
  def killed?
    pid = spawn(TinyInstance::ENVIRONMENT, TinyInstance::LAUNCHER, *%w[restore all g1 --yes --gitlab-path], root,
                %i[out err] => File::NULL)
    ended = Process.wait(pid, Process::WNOHANG) until ended || journal.include?('"uploads"')
    Process.kill(:KILL, pid) && Process.wait(pid) unless ended
    journal.include?('"running"')
  end

  def journal
    Dir.glob("#{backups_of(root)}/*.before/journal.json").map { |path| File.read(path) }.join
  rescue Errno::ENOENT
    "" # removed meanwhile
  end

  def outlive_keep_time
    made = Time.iso8601(JSON.parse(File.read("#{backups_of(root)}/g1/backup_information.json"))["created_at"])
    sleep([made + 2.1 - Time.now, 0].max)
  end

  def prune(*options)
    cli("prune", "--gitlab-path", root, "--keep-last", "1", *options)
  end

  def backups
    names(root).grep_v(/\.before\z/)
  end

  # What it says of the restore, and how it ends.
  def told(result)
    [result.errors.lines.grep(/the restore/), result.status.exitstatus]
  end

  it "keeps what a backup of the half restored instance would replace, until that is completed" do
    expect(told(back_up(root, "--backup-id", "half"))).to match([[takes, stays], 0])
    expect(told(prune)).to match([[stays], 1])
    expect(told(prune("--dry-run"))).to match([[stays], 0])
    expect(backups).to eq(%w[g1 half])

    expect(cli("restore", "all", "g1", "--yes", "--gitlab-path", root).status.success?).to be(true)
    expect([told(prune), backups]).to eq([[[], 0], %w[half]])
  end

  it "keeps it until the restore is undone" do
    back_up(root, "--backup-id", "half")
    expect(cli("restore", "undo", "--yes", "--gitlab-path", root).status.success?).to be(true)
    expect([told(back_up(root, "--backup-id", "whole")), backups]).to match([[[], 0], include("whole")])
    expect(backups).not_to include("g1")
  end

  it "refuses to delete the backup restored from, and no other" do
    old_backup(root, "other")
    refusal = %r{/g1 is not deleted: the restore g1_\d{14} was not completed and may need it; complete it \(}
    expect(told(cli("delete", "g1", "--gitlab-path", root))).to match([[refusal], 1])
    expect(told(cli("delete", "other", "--gitlab-path", root))).to eq([[], 0])
    expect(backups).to eq(%w[g1])
  end

  describe "beside tars" do
    let(:tar) { "1000000000_2001_09_09_18.6.2_gitlab_backup.tar" }

    before { write("#{backups_of(root)}/#{tar}", "x") }

    def create(*words)
      rake(root, "gitlab:backup:create", "BACKUP=half", "SKIP=#{TaskRuns::NO_DATABASE}", *words)
    end

    it "keeps those that gitlab:backup:create would delete" do
      result = create
      expect([messages(result.output).grep(/the restore/), result.status.exitstatus]).to match([[takes, stays], 0])
      expect(messages(result.output)).to include("Deleting old backups ... [SKIPPED]")
      expect(backups).to eq([tar, "g1", "half_gitlab_backup.tar"])
    end

    it "lets the lines out of a quiet run" do
      result = create("CRON=1")
      expect([result.output, messages(result.errors).grep(/the restore/), result.status.exitstatus])
        .to match(["", [takes, stays], 0])
    end

    it "keeps them where GitLab's user cannot read root's journal", if: Process.euid.zero? do
      File.chmod(0o755, temp_dir)
      config = "#{rakefile(root)}/config/gitlab.yml"
      File.write(config, File.read(config).sub(/user: .*/, "user: nobody"))
      system("chown", "-R", "nobody", root, exception: true)
      system("chown", "nobody", backups_of(root), exception: true)
      environment = task_environment("GITLAB_PATH" => root, "NO_PRIVILEGE_DROP" => nil)
      output, status = Open3.capture2(environment, RbConfig.ruby, File.expand_path("../../exe/gitlab-backup", __dir__),
                                      "create", "SKIP=#{TaskRuns::NO_DATABASE}")
      doubt = /\Athe restore g1_\d{14} may not be completed \(nobody cannot read its journal\): /
      expect([messages(output).grep(doubt).size, status.success?]).to eq([2, true])
      expect(backups).to include(tar)
    end
  end
end
