# frozen_string_literal: true

require "open3"

# What was taken comes back, over an instance that has changed since. bin/demo's specs do the
# same with a second, empty instance, stock_backup_spec.rb with a backup of GitLab's own.
RSpec.describe "the way there and back" do
  let(:cluster) { PostgresCluster.shared }
  let(:copies) { "#{temp_dir}/copies" }
  let(:demo) do
    Dir.mkdir("#{temp_dir}/instance")
    File.chmod(0o755, temp_dir)
    DemoInstance.create("#{temp_dir}/instance", cluster: cluster, account: DemoInstance.default_account,
                                                prefix: "round_trip", bytes: 20_000)
  end

  def run(*arguments)
    output, status = Open3.capture2e(TinyInstance::ENVIRONMENT, TinyInstance::LAUNCHER, *arguments,
                                     "--gitlab-path", demo.root)
    [status.exitstatus, output]
  end

  # Returns what to call later for a list of what differs from now.
  def remember(name)
    before = DemoRun::Contents.new(demo, cluster)
    folders = demo.folders.to_h { |id, _| [id, "#{copies}/#{name}/#{id}"] }
    FileUtils.mkdir_p("#{copies}/#{name}")
    demo.folders.each { |id, folder| system("cp", "-a", "--", folder, folders.fetch(id), exception: true) }
    -> { objections(DemoRun::Comparison.new(before, folders, demo, cluster)) }
  end

  def objections(comparison)
    verdicts = []
    comparison.run { |verdict| verdicts << verdict }
    verdicts.reject(&:met).map(&:to_s)
  end

  # Something is new, gone or different in every component that can be told apart.
  def change
    cluster.query("SET ROLE #{DemoInstance::ROLE}; DROP TABLE issues CASCADE; CREATE TABLE stray (id int)",
                  database: demo.databases["main"])
    demo.folders.each_value { |folder| File.write("#{folder}/new", "x") }
    system("rm", "-rf", "--", "#{demo.folders["uploads"]}/-", exception: true)
    repository = "#{demo.storage_path}/#{demo.repositories[1].relative_path}"
    system("git", "-c", "safe.directory=*", "--git-dir=#{repository}", "update-ref", "-d", "refs/heads/main",
           exception: true)
    system("chown", "-Rh", "#{DemoInstance.default_account}:", "--", "#{temp_dir}/instance") if Process.euid.zero?
  end

  it "gives back all that was taken, and takes away what came later" do
    expect(run("backup", "all", "--backup-id", "id").first).to eq(0)
    taken = remember("taken")
    change
    expect(taken.call.size).to eq(4)
    status, output = run("restore", "all", "id", "--yes")
    expect(status).to eq(0), output
    expect(taken.call).to eq([])
    expect(Dir.children(demo.backup_path)).to eq(["id"])
  end

  it "puts back what was there before when asked to undo a restore that failed on its way" do
    run("backup", "all", "--backup-id", "id")
    change
    changed = remember("changed")
    lfs = "#{demo.backup_path}/id/lfs.tar.gz"
    File.binwrite(lfs, "\xFF\x00\xFF", File.size(lfs) / 2)
    status, output = run("restore", "all", "id", "--yes")
    expect([status, output]).to match([1, /Restoration of LFS Objects failed! .*restore undo$/m])
    expect(changed.call.size).to eq(4)
    status, output = run("restore", "undo", "--yes")
    expect([status, changed.call]).to eq([0, []]), output
  end
end
