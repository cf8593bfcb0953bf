# frozen_string_literal: true

require "pg"
require "zlib"

# A whole instance there and back, and back again: databases, repositories, all twelve folders.
RSpec.describe Gitlab::Backup::Native::CLI::RestoreAllCommand do
  include TinyInstance
  extend WholeInstance

  whole_instance("restore_all")

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

  # The backup as GitLab's tool would have made it, with a statement that cannot be run.
  def plant(id, statement)
    run("backup", "all", "--backup-id", id, "--only", "db,repositories,lfs")
    FileUtils.rm_r("#{@demo.backup_path}/#{id}/manifest")
    path = "#{@demo.backup_path}/#{id}/db/database.sql.gz"
    text = Zlib.gunzip(File.binread(path))
    text.insert(text.rindex("\n--\n-- PostgreSQL database dump complete"), "\n#{statement}")
    File.binwrite(path, Zlib.gzip(text))
  end

  it "shows a statement that fails, restores the rest all the same, and ends with 1", :aggregate_failures do
    plant("odd", "CREATE TABLE public.issues (a int);")
    wanted = state
    change
    result = run("restore", "all", "odd", "--yes")
    expect(result.status.exitstatus).to eq(1)
    expect(result.errors).to match(/SQL error: line \d+: .* in: CREATE TABLE public.issues .*\(Databases\)/m)
    expect(result.output).to match(/Finished restoration of Repositories!.*Finished restoration of LFS Objects!/m)
    expect(state.values_at(0, 2) == wanted.values_at(0, 2)).to be(true)
    expect(File).not_to exist("#{@demo.folders.fetch("lfs")}/later")
    result = run("restore", "all", "odd", "--yes", "--tolerate-sql-errors")
    expect([result.status.exitstatus, result.errors]).to match([0, /SQL error: .*"issues" already exists/])
    FileUtils.rm_r("#{@demo.backup_path}/odd")
    expect(Dir.children(@demo.backup_path) - %w[id other]).to eq([])
  end

  it "names who is connected before anything is touched" do
    run("backup", "all", "--backup-id", "other", "--only", "db")
    before = state
    other = PG.connect(host: PostgresCluster.shared.directory, dbname: "restore_all", user: DemoInstance::ROLE,
                       password: DemoInstance::PASSWORD, application_name: "puma: cluster worker 0")
    result = run("restore", "all", "other", "--yes")
    expect([result.status.exitstatus, state == before]).to eq([1, true])
    expect(result.errors).to match(/restore_all: puma: cluster worker 0 .*`gitlab-ctl stop puma`.*--force-connected/)
    forced = run("restore", "all", "other", "--yes", "--force-connected")
    expect([forced.status.exitstatus, forced.errors]).to match([0, /puma: cluster worker 0 .* as asked/])
  ensure
    other&.close
  end
end
