# frozen_string_literal: true

require "digest"
require "open3"

# Backups of repositories that go on from a backup in a folder, or in one tar.
RSpec.describe Gitlab::Backup::Native::PreviousRepositories do
  include GitalyBackupRuns
  include GitlabSchema
  include OuterTars
  include RailsFolder

  let(:native) { Gitlab::Backup::Native }
  let(:base) { "#{temp_dir}/backups" }
  let(:place) { "@hashed/79/02/7902699be42c8a8e46fbbb4501726517e86b22c56a189f7625a6da49081b2451.git" }
  let(:repository) { small_repository("#{temp_dir}/storage/#{place}") }

  # What the last run has written.
  attr_reader :sink

  def instance(**backup)
    storages = { "default" => { "path" => "#{temp_dir}/storage", "gitaly_address" => "unix:/gitaly.socket" } }
    config = { "gitlab" => { "user" => Etc.getpwuid.name }, "repositories" => { "storages" => storages },
               "backup" => { "path" => base, **backup.transform_keys(&:to_s) } }
    main = { "database" => database, "host" => PostgresCluster.shared.directory,
             "username" => PostgresCluster::SUPERUSER }
    @instance ||= instance_of(config: config, database: { "main" => main })
  end

  # One project, whose repository is there and whose wiki is not.
  def database
    gitlab_database("gbn_incremental", sql: <<~SQL)
      INSERT INTO namespaces (id, name, path) VALUES (1, 'Acme', 'acme');
      INSERT INTO projects (id, namespace_id, repository_storage) VALUES (7, 1, 'default');
      INSERT INTO routes (source_id, source_type, path, namespace_id) VALUES (7, 'Project', 'acme/seven', 1);
    SQL
  end

  # Backs up under that id on top of a BackupSource. Returns the Outcome.
  def backup(id, previous: nil, options: nil)
    work = "#{base}/#{id}".tap { |path| FileUtils.mkdir_p(path) }
    @sink = "#{work}/repositories"
    job = native::ComponentJob.new(instance: instance, directory: work, backup_id: id, workers: 2, options: options,
                                   monitor: RecordingMonitor.new, previous: previous)
    variables = { "STAND_IN_STORAGES" => JSON.generate("default" => "#{temp_dir}/storage"),
                  "STAND_IN_RECORD" => "#{temp_dir}/record", "STAND_IN_SINK" => "#{temp_dir}/bucket" }
    with_variables(variables) { native::Components::Repositories.new(instance).backup(job) }
  end

  # The backups as an incremental one finds them.
  def folder(id)
    native::BackupSource.new(native::BackupDirectory.new(base, id))
  end

  def tar(id)
    File.write("#{base}/#{id}/backup_information.yml", OuterTars::OLD_INFORMATION)
    path = "#{base}/#{id}_gitlab_backup.tar"
    run_tool("tar", "-C", "#{base}/#{id}", "-cf", path, "backup_information.yml", "repositories")
    FileUtils.rm_rf("#{base}/#{id}")
    native::BackupSource.find(base, id)
  end

  def push(text)
    tip = git(repository, "rev-parse", "refs/heads/main")
    set_refs(repository, "refs/heads/main" => commit(repository, text, tip))
  end

  def all_files
    Dir.glob("#{base}/**/*").select { |path| File.file?(path) }.to_h { |path| [path, Digest::MD5.file(path).hexdigest] }
  end

  { "git" => {}, "gitaly-backup" => { gitaly_backup_path: true } }.each do |tool, settings|
    %i[folder tar].each do |form|
      it "goes on for three generations with #{tool}, each complete, from a #{form}" do
        skip "gitaly-backup is installed here" if native::Executables.all("gitaly-backup").any?
        instance(**settings.transform_values { stand_in })
        repository
        backup("ID1")
        (2..3).each do |number|
          previous = send(form, "ID#{number - 1}")
          push("change #{number}")
          before = all_files
          expect(backup("ID#{number}", previous: previous)).to have_attributes(problems: [], files: 1)
          previous.close if form == :tar
          expect(all_files.slice(*before.keys)).to eq(before)
        end
        manifest = read("manifests/default/#{place}/ID3.toml")
        expect(manifest.scan(%r{/(ID\d/\d+)\.bundle}).flatten).to eq(%w[ID1/001 ID2/002 ID3/003])
        expect(ref_state(restored_by_git(place, "ID3"))).to eq(ref_state(repository))
        expect(git(restored_by_git(place, "ID1"), "rev-list", "--count", "main")).to eq("2")
        expect(Dir.children(base).grep(/gbn/)).to eq([])
      end
    end
  end

  # Backs up into a tar on top of one. Returns its listing: [[name, size]].
  def tar_to_tar(id, previous)
    work = "#{base}/work-#{id}".tap { |path| FileUtils.mkdir_p("#{path}/manifest") }
    path = "#{base}/#{id}_gitlab_backup.tar"
    component = native::Components::Repositories.new(instance)
    native::TarContainer.open(path, owner: native::Owner.of(base)) do |container|
      job = native::ComponentJob.new(instance: instance, directory: work, backup_id: id, workers: 2, previous: previous,
                                     monitor: RecordingMonitor.new, container: container)
      container.add("backup_information.yml", OuterTars::OLD_INFORMATION)
      job.whole(component) { expect(component.backup(job).problems).to eq([]) }
      container.finish(permissions: 0o600)
      @sums = container.sums
    end
    expect(Dir.glob("#{work}/**/*").select { |name| File.file?(name) }).to eq([])
    path
  end

  it "goes from tar to tar for three generations, and no earlier bundle is on the disk" do
    skip "gitaly-backup is installed here" if native::Executables.all("gitaly-backup").any?
    set_refs(repository, "refs/heads/main" => commit(repository, Random.new(1).bytes(1_000_000)))
    tar_to_tar("ID1", nil)
    (2..3).each do |number|
      push("change #{number}")
      previous = native::BackupSource.find(base, "ID#{number - 1}")
      tar_to_tar("ID#{number}", previous)
      expect(Dir.glob("#{base}/**/*.bundle")).to eq([])
      previous.close
    end
    FileUtils.mkdir_p("#{temp_dir}/out")
    run_tool("tar", "-C", "#{temp_dir}/out", "-xf", "#{base}/ID3_gitlab_backup.tar")
    @sink = "#{temp_dir}/out/repositories"
    expect(ref_state(restored_by_git(place, "ID3"))).to eq(ref_state(repository))
    files = Dir.glob("**/*", base: "#{temp_dir}/out").select { |name| File.file?("#{temp_dir}/out/#{name}") }
    expect(@sums).to eq(files.to_h { |name| [name.b, Digest::SHA256.file("#{temp_dir}/out/#{name}").hexdigest] })
    expect(files.grep(/bundle/).map { |name| File.size("#{temp_dir}/out/#{name}") }.max).to be > 1_000_000
  end

  it "refuses a link in the earlier tar" do
    FileUtils.mkdir_p("#{base}/ID1/repositories/default")
    File.symlink("/etc/passwd", "#{base}/ID1/repositories/default/001.bundle")
    previous = tar("ID1")
    expect { tar_to_tar("ID2", previous) }
      .to raise_error(native::FormatError, /001.bundle in .* is a symlink: nothing of that kind is in a backup/)
    expect(Dir.children(base)).to include("ID1_gitlab_backup.tar")
  end

  it "keeps the times by which gitaly-backup knows the latest run" do
    skip "gitaly-backup is installed here" if native::Executables.all("gitaly-backup").any?
    repository
    backup("ID1")
    times = %W[backup_ids/ID1 manifests/default/#{place}/+latest.toml].to_h { |path| [path, Time.at(1_700_000_000)] }
    times.each { |path, time| File.utime(time, time, "#{sink}/#{path}") }
    %i[folder tar].each_with_index do |form, index|
      target = "#{base}/copy#{index}".tap { |path| Dir.mkdir(path) }
      described_class.new(source = send(form, "ID1"), backup_id: "ID2").call(target)
      source.close if form == :tar
      expect(times.to_h { |path, _| [path, File.mtime("#{target}/#{path}")] }).to eq(times)
    end
  end

  it "calls gitaly-backup for an increment" do
    instance(gitaly_backup_path: stand_in)
    repository
    backup("ID1")
    push("more")
    outcome = backup("ID2", previous: folder("ID1"))
    expect(record["arguments"]).to eq(["-path", sink, "-parallel", "2", "-parallel-storage", "2", "-incremental",
                                       "-id", "ID2"])
    new = written.grep(/ID2|latest/).sum { |path| File.size("#{sink}/#{path}") }
    latest = written.grep(/latest/).sum { |path| File.size("#{base}/ID1/repositories/#{path}") }
    expect(outcome.stored).to eq(new - latest)
  end

  it "needs no files of the earlier backup where Gitaly keeps them" do
    instance(gitaly_backup_path: stand_in)
    repository
    options = Struct.new(:repositories_storages, :repositories_paths, :skip_repositories_paths,
                         :gitlab_backup_max_concurrency, :gitlab_backup_max_storage_concurrency,
                         :repositories_server_side, keyword_init: true).new(repositories_server_side: true)
    backup("ID1", options: options)
    push("more")
    backup("ID2", previous: folder("ID1"), options: options)
    expect(record["arguments"]).to eq(%w[-server-side -incremental -id ID2])
    @sink = "#{temp_dir}/bucket"
    expect(ref_state(restored_by_git(place, "ID2"))).to eq(ref_state(repository))
  end

  it "begins anew after a backup without repositories" do
    skip "gitaly-backup is installed here" if native::Executables.all("gitaly-backup").any?
    repository
    FileUtils.mkdir_p("#{base}/ID1")
    backup("ID2", previous: folder("ID1"))
    expect(read("manifests/default/#{place}/ID2.toml").scan(%r{ID\d/\d+\.bundle})).to eq(["ID2/001.bundle"])
  end

  it "refuses the id of the backup it goes on from" do
    FileUtils.mkdir_p("#{base}/ID1")
    expect { described_class.new(folder("ID1"), backup_id: "ID1") }
      .to raise_error(native::Error, "an incremental backup needs an id of its own, and ID1 is that of the backup it " \
                                     "adds to: give that one as PREVIOUS_BACKUP, and another BACKUP or none")
  end

  it "copies nothing but files" do
    FileUtils.mkdir_p(["#{base}/ID1/repositories", "#{base}/new"])
    File.symlink("/etc/passwd", "#{base}/ID1/repositories/link")
    expect { described_class.new(folder("ID1"), backup_id: "ID2").call("#{base}/new") }
      .to raise_error(native::Error, %r{/repositories/link is no file: nothing else is in a backup\z})
  end

  it "leaves no half of them when the disk is full" do
    extend TinyDisk

    FileUtils.mkdir_p(["#{base}/ID1/repositories/default", "#{temp_dir}/disk"])
    File.write("#{base}/ID1/repositories/default/001.bundle", "x" * 400_000)
    script = "require 'gitlab/backup/native'; N = Gitlab::Backup::Native\n" \
             "s = N::BackupSource.new(N::BackupDirectory.new(ARGV[0], 'ID1'))\n" \
             "begin; N::PreviousRepositories.new(s, backup_id: 'ID2').call(ARGV[1]); " \
             "rescue N::Error => e then abort e.message end"
    library = File.expand_path("../../lib", __dir__)
    output, status, = on_tiny_disk("#{temp_dir}/disk", "size=100k", RbConfig.ruby, "-I", library, "-e", script, base,
                                   "#{temp_dir}/disk")
    expect([status, output]).to match([1, /\Acannot copy the repositories of the earlier backup to .*: No space left/])
  end
end
