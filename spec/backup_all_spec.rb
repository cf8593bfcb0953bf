# frozen_string_literal: true

# Whole runs over a whole instance: databases, repositories, all twelve folders.
RSpec.describe Gitlab::Backup::Native::CLI::BackupAllCommand do
  include TinyInstance
  extend WholeInstance

  whole_instance("backup_all")

  after { FileUtils.rm_rf(Dir.glob("#{@demo.backup_path}/*")) }

  let(:backup) { "#{@demo.backup_path}/id" }

  def run(*arguments, **options)
    cli("backup", "all", "--gitlab-path", @demo.root, "--backup-id", "id", *arguments, **options)
  end

  def names
    Dir.children(@demo.backup_path).sort
  end

  it "backs up all fourteen components, as the owner of the backup path, checked by sha256sum" do
    result = run
    expect([result.status.exitstatus, result.errors, names]).to eq([0, "", ["id"]])
    products = Gitlab::Backup::Native::Component::IDS.drop(2).map { |id| "#{id}.tar.gz" } + %w[db repositories manifest]
    expect(Dir.children(backup).sort).to eq((products + %w[backup_information.json backup_information.yml]).sort)
    expect(sha256sum(backup).then { |output, status| [output, status.exitstatus] }).to eq(["", 0])
    owners = Dir.glob("#{backup}/**/*", File::FNM_DOTMATCH).map { |path| File.stat(path).uid }.uniq
    expect(owners).to eq([File.stat(@demo.backup_path).uid])
  end

  it "records the newest migration and that nothing was left out" do
    run
    expect(YAML.parse_file("#{backup}/backup_information.yml").to_a.grep(Psych::Nodes::Scalar).map(&:value))
      .to include(PostgresCluster.shared.query("SELECT max(version) FROM schema_migrations", database: "backup_all"))
    expect(File.read("#{backup}/backup_information.yml")).to include(":skipped: ''\n")
  end

  it "exports a tar that begins as GitLab's tasks expect" do
    run
    cli("export-tar", "id", "--gitlab-path", @demo.root)
    listed = Open3.capture2("tar", "-tf", "#{backup}_gitlab_backup.tar").first.split("\n")
    expect(listed.first(2)).to eq(%w[backup_information.yml db/])
    archives = Gitlab::Backup::Native::Component::IDS.drop(2).map { |id| "#{id}.tar.gz" }
    expect(listed.grep(/\A[a-z_]+\.tar\.gz\z/)).to eq(archives)
    expect(listed.last).to start_with("manifest/")
  end

  it "keeps everything else when the database cannot be reached" do
    result = run(environment: { "GITLAB_BACKUP_PGPORT" => "1" })
    expect([result.status.exitstatus, names]).to eq([1, ["id.incomplete"]])
    expect(result.errors).to match(/Backup of Databases failed! .*port '1'/)
    expect(Dir.children("#{backup}.incomplete")).to include("uploads.tar.gz", "lfs.tar.gz", "manifest")
  end

  it "ends its children and leaves nothing when it is interrupted", :aggregate_failures do
    random = Random.new(RSpec.configuration.seed)
    6.times do |index|
      name, code = { "INT" => 130, "TERM" => 143, "HUP" => 129, "QUIT" => 131 }.to_a[index % 4]
      pid, output = start(random)
      Process.kill(name, pid)
      expect([0, code]).to include(Process.wait2(pid).last.exitstatus)
      expect([output.read.lines.grep(/\.rb:\d/), names.grep(/\A(backup|\.gbn)/), alive(pid)]).to eq([[], [], []])
      FileUtils.rm_rf(Dir.glob("#{@demo.backup_path}/*"))
    end
  end

  # A run in its own process group, some time after it has begun.
  def start(random)
    output, writer = IO.pipe
    pid = spawn(TinyInstance::ENVIRONMENT, TinyInstance::LAUNCHER, "backup", "all", "--gitlab-path", @demo.root,
                out: writer, err: writer, pgroup: true)
    writer.close
    output.gets
    sleep random.rand(1.5)
    [pid, output]
  end

  # Lines of ps about what still runs in the process group; zombies wait for init only.
  def alive(group)
    Open3.capture2("ps", "-e", "-o", "pgid=,stat=,args=").first.lines
         .select { |line| line.split.first.to_i == group && !line.split[1].start_with?("Z") }
  end
end
