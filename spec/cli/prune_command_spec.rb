# frozen_string_literal: true

# `prune` where gitlab-backup leaves tars.
RSpec.describe Gitlab::Backup::Native::CLI::MaintenanceCommands do
  include TinyInstance
  include TaskRuns

  def create(root, *ids)
    ids.each do |id|
      made = rake(root, "gitlab:backup:create", "BACKUP=#{id}", "SKIP=#{TaskRuns::NO_DATABASE}")
      raise made.output unless made.status.success?
    end
  end

  def prune(root, *options)
    result = cli("prune", "--keep-last", "1", "--gitlab-path", root, *options)
    expect([result.errors, result.status.exitstatus]).to eq(["", 0])
    result.output.lines(chomp: true)
  end

  it "counts the tars it leaves alone, and says what becomes of them" do
    create(root = tiny_instance, *%w[a b c])
    told = "Left alone: 3 tars, which gitlab-backup create keeps for ever (backup.keep_time of gitlab.yml is 0)"
    [prune(root), prune(root, "--dry-run")].each { |lines| expect(lines.grep(/tar/)).to match([end_with(told)]) }
    tiny_instance(keep_time: 604_800)
    expect(prune(root).last).to end_with("create deletes by their age (backup.keep_time of gitlab.yml is 604800)")
    expect(names(root)).to eq(%w[a b c].map { |id| "#{id}_gitlab_backup.tar" })
  end

  it "says nothing of tars where there are none" do
    expect(prune(tiny_instance)).to match([/done\. \(0 removed\)$/])
  end

  it "says so in its help" do
    expect(cli("help", "prune").output).to include("Tars are left to `gitlab-backup create`")
  end
end
