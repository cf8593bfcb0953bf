# frozen_string_literal: true

# What gitlab.yml says is text, what the disk says is bytes, and in LC_ALL=C the command line is
# neither: where two of them meet, Ruby refuses unless both are ASCII.
RSpec.describe "folders whose names are not ASCII" do
  include TaskRuns
  include TinyInstance

  let(:cluster) { PostgresCluster.shared }
  let(:folder) { "#{temp_dir}/cé/ü" }
  let(:demo) do
    FileUtils.mkdir_p(folder)
    File.chmod(0o755, temp_dir)
    DemoInstance.create(folder, cluster: cluster, account: DemoInstance.default_account, prefix: "names", bytes: 20_000)
  end

  def state
    contents = DemoRun::Contents.new(demo, cluster)
    [contents.dumps, contents.listings, contents.repositories]
  end

  # Something in every kind of component.
  def change
    cluster.query("SET ROLE gitlab; DELETE FROM issues", database: "names")
    demo.folders.each_value { |path| write("#{path}/ñew", "x") }
    refs = "#{demo.storage_path}/#{demo.repositories.first.relative_path}/refs/heads"
    FileUtils.rm_rf(refs)
    FileUtils.mkdir(refs)
    system("chown", "-Rh", "#{DemoInstance.default_account}:", "--", folder, exception: true) if Process.euid.zero?
  end

  def run(*words, status: 0)
    check(cli(*words, "--gitlab-path", demo.root, environment: @locale), words, status)
  end

  def task(name, *words)
    check(rake(demo.root, "gitlab:backup:#{name}", *words,
               environment: { "GITLAB_ASSUME_YES" => "1", **@locale }), name, 0)
  end

  def check(result, words, status)
    expect(result.status.exitstatus).to eq(status), "#{words}: #{result.output}#{result.errors}"
    expect(result.output.b + result.errors.b).not_to match(/unexpected|Encoding/)
    result
  end

  def read_all(id)
    run("verify", "latest")
    run("show", id)
    run("ls", id, "uploads")
    run("diff", id, "latest")
    run("extract", id, "uploads", ".", "-C", Dir.mktmpdir("héraus", temp_dir))
    run("extract", id, "db", "main", "-C", Dir.mktmpdir("données", temp_dir))
  end

  it "know no backup whose name is no text" do
    root = tiny_instance(at: "#{temp_dir}/cé")
    ["show", "ls", "verify", "delete", "export-tar", "restore all"].product(%w[C C.UTF-8]) do |command, locale|
      result = cli(*command.split, "b\xFF", "--gitlab-path", root, environment: { "LC_ALL" => locale })
      expect([result.errors, result.status.exitstatus]).to match([/failed: there is no backup "b\\+xFF" in .*\n\z/, 1])
    end
  end

  { "C" => { "LC_ALL" => "C" }, "C.UTF-8" => { "LC_ALL" => "C.UTF-8" },
    "none" => { "LC_ALL" => nil, "LC_CTYPE" => nil, "LANG" => nil } }.each do |name, locale|
    deep = name != "C"

    it "are backed up, read, restored and pruned in the locale #{name}", :aggregate_failures, deep: deep do
      @locale = locale
      run("backup", "all", "--backup-id", "früh")
      wanted = state
      read_all("früh")
      change
      changed = state
      run("restore", "all", "früh", "--yes", "--keep-previous")
      expect(state == wanted).to be(true)
      run("restore", "undo", "--yes")
      expect(state == changed).to be(true)
      run("restore", "all", "latest", "--yes")
      expect(state == wanted).to be(true)
      run("backup", "all", "--previous", "latest", "--backup-id", "später")
      run("prune", "--keep-last", "1")
      expect(Dir.children(demo.backup_path)).to eq(["später"])
    end

    it "are backed up as tars, and restored from them, in the locale #{name}", :aggregate_failures, deep: deep do
      @locale = locale
      run("backup", "all", "--backup-id", "früh")
      wanted = state
      run("export-tar", "früh")
      run("delete", "früh")
      read_all("früh_gitlab_backup.tar")
      change
      task("restore", "BACKUP=früh")
      expect(state == wanted).to be(true)
      task("create", "BACKUP=später", "PREVIOUS_BACKUP=früh", "INCREMENTAL=yes")
      run("delete", "früh_gitlab_backup.tar")
      task("verify")
      task("restore")
      expect([state == wanted, Dir.children(demo.backup_path)]).to eq([true, ["später_gitlab_backup.tar"]])
    end
  end
end
