# frozen_string_literal: true

# What would make the repositories fail is told before the databases are dumped.
RSpec.describe Gitlab::Backup::Native::FirstLook do
  include TinyInstance
  include TaskRuns
  extend WholeInstance

  whole_instance("first_look", bytes: 10_000)
  before(:context) { rakefile(@demo.root) }

  after { FileUtils.rm_rf(Dir.glob("#{@demo.backup_path}/*")) }

  def all(*words, **options)
    cli("backup", "all", "--gitlab-path", @demo.root, "--only", "db,repositories", *words, **options)
  end

  # A PATH with all programs of ours but git.
  def path_without_git
    folder = "#{temp_dir}/bin".tap { |path| Dir.mkdir(path) }
    programs = ENV.fetch("PATH").split(":").reverse.flat_map { |path| Dir.glob("#{path}/*") }
    programs.reject { |path| File.basename(path) == "git" }.each { |path| FileUtils.ln_sf(path, folder) }
    folder
  end

  def expect_nothing_begun(result, line)
    expect([result.status.exitstatus, Dir.children(@demo.backup_path)]).to eq([1, []])
    expect(result.output + result.errors).to match(line)
    expect(result.output + result.errors).not_to match(/Executing|Dumping/)
  end

  it "misses git" do
    environment = { "PATH" => path_without_git }
    expect_nothing_begun(all(environment: environment), /git not found in PATH: install git/)
    expect_nothing_begun(rake(@demo.root, "gitlab:backup:create", environment: environment), /git not found in PATH/)
  end

  # One that is not mounted tonight must not cost the dumps.
  it "misses the folder of a storage, and lets the rest be kept" do
    result = all("--storage-path", "default=#{temp_dir}/wrong", "--backup-id", "one")
    expect(result.errors.lines.first)
      .to match(%r{storage "default": .*/wrong is no directory: mount it, or correct its path .*; without it})
    expect([result.status.exitstatus, Dir.children(@demo.backup_path)]).to eq([1, ["one.incomplete"]])
    expect(Dir.children("#{@demo.backup_path}/one.incomplete/db")).not_to be_empty
  end

  it "lets one pass that is in no use, or not asked for" do
    config = "#{@demo.root}/config/gitlab.yml"
    original = File.read(config)
    File.write(config, original.sub(/^( +)storages:\n/, "\\0\\1  unused:\n\\1    path: #{temp_dir}/nowhere\n"))
    expect(all.status.exitstatus).to eq(0)
    File.rename(@demo.storage_path, "#{@demo.storage_path}.away")
    expect(cli("backup", "all", "--gitlab-path", @demo.root, "--skip", "repositories").status.exitstatus).to eq(0)
    result = rake(@demo.root, "gitlab:backup:create", "REPOSITORIES_STORAGES=unused", "SKIP=db")
    expect(result.status.exitstatus).to eq(0)
  ensure
    File.rename("#{@demo.storage_path}.away", @demo.storage_path) if File.exist?("#{@demo.storage_path}.away")
    File.write(config, original)
  end
end
