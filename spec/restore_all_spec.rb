# frozen_string_literal: true

require "pg"

# A whole instance there and back, and back again: databases, repositories, all twelve folders.
RSpec.describe Gitlab::Backup::Native::CLI::RestoreAllCommand do
  include TinyInstance

  before(:context) do
    @directory = Dir.mktmpdir("gbn-demo-")
    File.chmod(0o755, @directory)
    @demo = DemoInstance.create(@directory, cluster: PostgresCluster.shared, prefix: "restore_all", bytes: 50_000,
                                            account: DemoInstance.default_account)
  end

  after(:context) { system("rm", "-rf", "--", @directory) }

  def run(*arguments)
    cli(*arguments, "--gitlab-path", @demo.root)
  end

  # Databases, folders and repositories, as ordinary programs print them.
  def state
    contents = DemoRun::Contents.new(@demo, PostgresCluster.shared)
    [contents.dumps, contents.listings, contents.repositories]
  end

  def change
    PostgresCluster.shared.query("SET ROLE gitlab; DELETE FROM issues; CREATE TABLE later (id int)",
                                 database: "restore_all")
    write("#{@demo.folders.fetch("lfs")}/later", "later")
    FileUtils.rm_rf(Dir.children(@demo.folders.fetch("uploads")).map { |name| "#{@demo.folders["uploads"]}/#{name}" })
    FileUtils.rm_rf("#{@demo.storage_path}/#{@demo.repositories.first.relative_path}/refs/heads")
    FileUtils.mkdir_p("#{@demo.storage_path}/#{@demo.repositories.first.relative_path}/refs/heads")
  end

  it "restores, undoes the restore, and restores again", :aggregate_failures do
    run("backup", "all", "--backup-id", "id")
    wanted = state
    change
    changed = state

    kept = run("restore", "all", "id", "--yes", "--keep-previous")
    expect([kept.status.exitstatus, kept.errors.lines]).to match([0, [/object pools must be reset/]])
    expect(state == wanted).to be(true)

    FileUtils.mv("#{@demo.backup_path}/id", "#{@directory}/id") # an undo needs no backup
    undone = run("restore", "undo", "--yes")
    expect([undone.status.exitstatus, undone.errors]).to eq([0, ""])
    expect(state == changed).to be(true)

    FileUtils.mv("#{@directory}/id", "#{@demo.backup_path}/id")
    again = run("restore", "all", "latest", "--yes")
    expect([again.status.exitstatus, Dir.children(@demo.backup_path) - ["other"]]).to eq([0, ["id"]])
    expect(state == wanted).to be(true)
  end

  it "names who is connected before anything is touched" do
    run("backup", "all", "--backup-id", "other", "--only", "db")
    before = state
    other = PG.connect(host: PostgresCluster.shared.directory, dbname: "restore_all", user: DemoInstance::ROLE,
                       password: DemoInstance::PASSWORD, application_name: "puma: cluster worker 0")
    result = run("restore", "all", "other", "--yes")
    expect([result.status.exitstatus, state == before]).to eq([1, true])
    expect(result.errors).to match(/restore_all: puma: cluster worker 0 .*`gitlab-ctl stop puma`.*--force-connected/)
  ensure
    other&.close
  end
end
