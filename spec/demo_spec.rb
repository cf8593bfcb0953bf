# frozen_string_literal: true

require "open3"

# The demonstration as a stranger runs it, less the set-up. It reads the backup with ordinary
# programs, so this is also the test of the whole way from the command line to git and psql.
RSpec.describe DemoRun do
  demo = File.expand_path("../bin/demo", __dir__)

  before { File.chmod(0o755, temp_dir) }

  # A stranger's terminal need not know UTF-8.
  define_method(:demonstrate) do |*arguments|
    Open3.capture2e({ "TMPDIR" => temp_dir, "LC_ALL" => "C" }, demo, "--no-setup", *arguments)
  end

  it "backs up an instance that ordinary programs can then read and restores it, and leaves nothing behind" do
    output, status = demonstrate
    expect(output.scan(/^ok +(\w+)/).flatten).to eq(%w[sha256sum gzip tar git psql pg_dump diff find git]), output
    expect(status.exitstatus).to eq(0)
    expect(Dir.children(temp_dir)).to eq([])
  end

  it "keeps the instance and its backup when asked", deep: true do
    output, status = demonstrate("--keep")
    expect(status.exitstatus).to eq(0), output
    command = output[%r{^ +bin/(gitlab-backup-cli show .*)$}, 1].split
    shown, status = Open3.capture2e("#{File.dirname(demo)}/#{command.shift}", *command)
    expect(shown).to include("complete")
    expect(status.exitstatus).to eq(0)
  end

  it "says which programs object to a damaged backup", deep: true do
    cluster = PostgresCluster.shared
    instance = DemoInstance.create(temp_dir, cluster: cluster, account: DemoInstance.default_account, bytes: 100_000,
                                             prefix: "demo_damaged")
    Open3.capture2e(DemoRun::Command::PATH, "backup", "all", "--gitlab-path", instance.root, "--backup-id", "damaged")
    backup = "#{instance.backup_path}/damaged"
    File.binwrite("#{backup}/uploads.tar.gz", "\xFF", 500)
    File.write("#{backup}/stray", "")
    verdicts = []
    met = DemoRun::Checks.new(instance, cluster, backup, scratch: "#{temp_dir}/scratch").run { |one| verdicts << one }
    expect(verdicts.reject(&:met).map(&:program)).to eq(%w[sha256sum gzip tar])
    expect(met).to be(false)
  end

  def wait_for(pattern)
    1200.times { Dir.glob(pattern).empty? ? sleep(0.05) : return }
    raise "nothing like #{pattern}"
  end

  it "refuses what it does not know" do
    output, status = demonstrate("--kept")
    expect([output, status.exitstatus]).to eq(["usage: bin/demo [--keep] [--no-setup]\n", 2])
  end

  [["INT", 130, "backup", "first/backups/backup*/repositories"],
   ["TERM", 143, "restore", "second/backups/*.before"]].each do |signal, exit_status, name, place|
    it "ends with #{exit_status} on SIG#{signal} in its #{name} and leaves nothing behind", deep: true do
      options = { chdir: temp_dir, pgroup: true, err: %i[child out] }
      Open3.popen2({ "TMPDIR" => temp_dir }, demo, "--no-setup", options) do |input, output, thread|
        input.close
        wait_for("#{temp_dir}/gbn-demo-*/#{place}")
        Process.kill(signal, signal == "INT" ? -thread.pid : thread.pid)
        expect(output.read).to include("bin/demo: interrupted, everything is removed")
        expect(thread.value.exitstatus).to eq(exit_status)
      end
      expect(Dir.children(temp_dir)).to eq([])
    end
  end
end
