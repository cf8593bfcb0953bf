# frozen_string_literal: true

require "open3"

# What GitLab's own tools leave, made without us, is a backup like ours.
RSpec.describe StockBackup do
  before(:context) do
    @directory = Dir.mktmpdir("gbn-stock-")
    Dir.mkdir("#{@directory}/first")
    File.chmod(0o755, @directory)
    @common = { cluster: PostgresCluster.shared, account: DemoInstance.default_account }
    @demo = DemoInstance.create("#{@directory}/first", **@common, prefix: "stock_first", bytes: 50_000)
    @backup = described_class.create(@demo, PostgresCluster.shared, account: @common[:account], rake: true)
  end

  after(:context) { system("rm", "-rf", "--", @directory) }

  let(:launcher) { TinyInstance::LAUNCHER }

  def run(*arguments, instance: @demo)
    Open3.capture3(TinyInstance::ENVIRONMENT, launcher, *arguments, "--gitlab-path", instance.root)
  end

  it "holds what ordinary programs find sound, and nothing of ours" do
    verdicts = []
    checks = DemoRun::Checks.new(@demo, PostgresCluster.shared, @backup, scratch: "#{temp_dir}/scratch")
    checks.run { |verdict| verdicts << verdict }
    expect(verdicts.reject(&:met).map(&:program)).to eq(["sha256sum"]), verdicts.join("\n")
    expect(Dir.children(@backup)).to match_array(%w[db repositories backup_information.json backup_information.yml] +
                                                 @demo.folders.keys.map { |id| "#{id}.tar.gz" })
  end

  it "records wikis that nobody made and repositories that hold nothing" do
    manifests = Dir.glob("#{@backup}/repositories/manifests/default/**/+latest.toml").map { |path| File.read(path) }
    expect(manifests.grep(/^non_existent = true$/).size).to eq(17)
    expect(manifests.grep(/^empty = true\nnon_existent = false$/).size).to eq(1)
    expect(Dir.glob("#{@backup}/repositories/**/*.custom_hooks.tar").size).to eq(1)
  end

  it "is listed and shown as another tool's" do
    expect(run("list").first).to match(/^#{StockBackup::ID} +2024-04-25 13:55:14 UTC  18\.6\.2-ee +\S+ \SiB  foreign$/)
    output, errors, status = run("show", StockBackup::ID)
    expect(output).to match(/^Status: +foreign \(made by another tool: no manifest, nothing more is known\)$/)
    expect([errors, status.exitstatus]).to eq(["", 0])
  end

  # As tar keeps times: in whole seconds.
  it "is restored into another instance, which then holds what the first one holds" do
    before = DemoRun::Contents.new(@demo, PostgresCluster.shared, times: DemoRun::Contents::WHOLE_SECONDS)
    second = another_instance
    output, errors, status = run("restore", "all", StockBackup::ID, "--yes", instance: second)
    expect(status.exitstatus).to eq(0), output + errors
    verdicts = []
    DemoRun::Comparison.new(before, @demo.folders, second, PostgresCluster.shared).run { |verdict| verdicts << verdict }
    expect(verdicts.size).to eq(4)
    expect(verdicts).to all(have_attributes(met: true)), verdicts.join("\n")
  end

  def another_instance
    Dir.mkdir("#{@directory}/second")
    second = DemoInstance.create_empty("#{@directory}/second", **@common, prefix: "stock_second")
    system("cp", "-a", "--", @backup, second.backup_path, exception: true)
    second
  end

  it "tells what it holds and gives a single file back" do
    listed, errors, status = run("ls", StockBackup::ID, "uploads", "-/system/user/avatar/1")
    expect(listed).to match(%r{avatar/1/avatar\.png$}).and(match(%r{avatar/1/current\.png}))
    expect(status.exitstatus).to eq(0), errors
    _output, errors, status = run("extract", StockBackup::ID, "uploads", "-/system/user/avatar/1", "-C", temp_dir)
    expect([errors, status.exitstatus]).to match([/uploads\.tar\.gz of .* has no manifest/, 0])
    folders = ["#{@demo.folders["uploads"]}/-/system/user/avatar/1", "#{temp_dir}/-/system/user/avatar/1"]
    expect(Open3.capture2e("diff", "-r", "--no-dereference", *folders).first).to eq("")
  end

  it "is verified as far as it can be" do
    output, errors, status = run("verify", StockBackup::ID)
    expect(status.exitstatus).to eq(0), output + errors
  end

  it "is verified to be damaged when it is" do
    damaged = "#{@demo.backup_path}/damaged"
    system("cp", "-a", "--", @backup, damaged, exception: true)
    File.binwrite("#{damaged}/lfs.tar.gz", "\xFF\x00", 500)
    bundle = Dir.glob("#{damaged}/repositories/default/**/*.bundle").first
    File.truncate(bundle, File.size(bundle) / 2)
    output, errors, status = run("verify", "damaged")
    expect([output + errors, status.exitstatus]).to match([/LFS Objects|lfs/, 1])
    expect(output + errors).to include(bundle[%r{@hashed/[^.]*\.(?:wiki\.|design\.)?git|@\w+/[^.]*\.(?:wiki\.)?git}])
  ensure
    system("rm", "-rf", "--", damaged)
  end

  it "is exported for the Rake tasks, with a warning" do
    _output, errors, status = run("export-tar", StockBackup::ID)
    expect([errors.lines.size, status.exitstatus]).to eq([1, 0])
    listed, = Open3.capture2("tar", "-tf", "#{@backup}_gitlab_backup.tar")
    expect(listed).to start_with("backup_information.yml\ndb/\n")
  end
end
