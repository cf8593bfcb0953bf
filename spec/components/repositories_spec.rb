# frozen_string_literal: true

require "digest"

RSpec.describe Gitlab::Backup::Native::Components::Repositories do
  include GitalyBackupRuns
  include GitlabSchema
  include RailsFolder

  let(:error) { Gitlab::Backup::Native::Error }
  let(:database) { gitlab_database("gbn_components_repositories") }
  let(:monitor) { RecordingMonitor.new }
  let(:work) { "#{temp_dir}/work" }

  def sink
    "#{work}/repositories"
  end

  def folder(storage_name)
    "#{temp_dir}/storages/#{storage_name}"
  end

  # What there is on disk; the database of GitlabSchema names four more.
  let(:existing) do
    [[:default, "@hashed", 7, ""], [:fast, "@hashed", 12, ""], [:fast, "@hashed", 12, ".design"],
     [:default, "@snippets", 3, ""]]
  end

  # {relative path in the backup => content} of the refs files of what exists.
  def make_repositories
    existing.to_h do |storage_name, root, id, ending|
      sha = Digest::SHA256.hexdigest(id.to_s)
      relative = "#{root}/#{sha[0, 2]}/#{sha[2, 2]}/#{sha}#{ending}.git"
      ["#{storage_name}/#{relative}/ID1/001.refs", show_ref(small_repository("#{folder(storage_name)}/#{relative}"))]
    end
  end

  def bytes_written
    written.sum { |path| File.size("#{sink}/#{path}") }
  end

  def refs_backed_up
    written.grep(/refs\z/).to_h { |path| [path, read(path)] }
  end

  # The keys of each storage in gitlab.yml.
  def storage_settings(*without)
    %w[default fast].to_h do |name|
      [name, { "path" => folder(name), "gitaly_address" => "unix:/gitaly.socket" }.except(*without)]
    end
  end

  def instance(storages: storage_settings, user: Etc.getpwuid.name, storage_paths: {}, **backup)
    config = { "gitlab" => { "user" => user }, "repositories" => { "storages" => storages },
               "backup" => { "path" => "b", **backup.transform_keys(&:to_s) } }
    main = { "database" => database, "host" => PostgresCluster.shared.directory, "username" => PostgresCluster::SUPERUSER }
    instance_of(config: config, database: { "main" => main }, storage_paths: storage_paths)
  end

  def backup(instance, options: nil, variables: {})
    FileUtils.mkdir_p(work, mode: 0o700)
    job = Gitlab::Backup::Native::ComponentJob.new(instance: instance, directory: work, backup_id: "ID1", workers: 2,
                                                   monitor: monitor, options: options)
    storages = JSON.generate("default" => folder("default"), "fast" => folder("fast"))
    with_variables("STAND_IN_STORAGES" => storages, **variables) do
      described_class.new(instance).backup(job)
    end
  end

  def sql(text)
    PostgresCluster.shared.query(text, database: database)
  end

  # The Rake tasks' variables.
  def task(**values)
    Struct.new(:repositories_storages, :repositories_paths, :skip_repositories_paths, :gitlab_backup_max_concurrency,
               :gitlab_backup_max_storage_concurrency, :repositories_server_side, keyword_init: true).new(**values)
  end

  # Where gitaly-backup is installed it would be taken.
  def without_gitaly_backup
    skip "gitaly-backup is installed here" if Gitlab::Backup::Native::Executables.all("gitaly-backup").any?
  end

  context "without gitaly-backup" do
    before { without_gitaly_backup }

    it "backs up every repository of the database straight from disk" do
      refs = make_repositories
      outcome = backup(instance)
      expect([outcome.problems, outcome.files, refs_backed_up]).to eq([[], 4, refs])
    end

    it "counts up to its estimate, and tells the bytes" do
      make_repositories
      outcome = backup(instance)
      expect(monitor.estimates).to eq([8])
      expect(monitor.advances.last).to eq(raw: outcome.raw, stored: outcome.stored, entries: 8)
    end

    it "takes a storage's directory from the command line" do
      make_repositories
      paths = { "default" => folder("default"), "fast" => folder("fast") }
      expect(backup(instance(storages: storage_settings("path"), storage_paths: paths)).problems).to eq([])
    end

    it "fails only the repositories of a storage that is not configured" do
      make_repositories
      sql("INSERT INTO shards (id, name) VALUES (9, 'lost')")
      sql("UPDATE snippet_repositories SET shard_id = 9 WHERE snippet_id = 3")
      outcome = backup(instance)
      expect(outcome.problems.map(&:to_h))
        .to match([{ kind: "repository", path: %r{\Alost/@snippets/.*\.git \(snippets/3\)\z},
                     reason: "storage not found: \"lost\"" }])
      expect(outcome.files).to eq(3)
    end

    it "fails only a repository whose path would lead out of its storage" do
      make_repositories
      sql("UPDATE snippet_repositories SET disk_path = '../../etc' WHERE snippet_id = 3")
      expect(backup(instance).problems.map(&:reason)).to eq(["its path in the database leads out of the storage"])
    end

    it "reports the repository of a project that is not on disk" do
      make_repositories
      sql("INSERT INTO projects (id, namespace_id, repository_storage) VALUES (13, 1, 'default')")
      sql("INSERT INTO routes (source_id, source_type, path, namespace_id) VALUES (13, 'Project', 'acme/lost', 1)")
      expect(backup(instance).problems.map(&:to_a))
        .to match([["repository", %r{\Adefault/@hashed/.*\.git \(acme/lost\)\z}, "is in the database but not on disk"]])
    end

    it "fails as a whole when a storage holds none of its repositories" do
      make_repositories
      FileUtils.rm_rf(Dir.children(folder("fast")).map { |name| "#{folder("fast")}/#{name}" })
      expect { backup(instance) }.to raise_error(error, /\Astorage 'fast' \(\S+\) holds none of its \d repositories/)
      expect(Dir.children(work)).to eq([])
    end

    it "refuses a directory for a storage nobody knows" do
      make_repositories
      expect { backup(instance(storage_paths: { "nosuch" => folder("fast") })) }
        .to raise_error(error, "storage 'nosuch' of --storage-path is neither in gitlab.yml nor in the database; " \
                               "there are: default, fast")
    end

    it "takes a directory for a storage only the database knows" do
      make_repositories
      storages = storage_settings.slice("default")
      expect(backup(instance(storages: storages, storage_paths: { "fast" => folder("fast") })).problems).to eq([])
    end

    it "needs a directory for each storage" do
      expect { backup(instance(storages: storage_settings("path"))) }
        .to raise_error(error, "gitaly-backup binary not found and gitaly_backup_path is not configured: set " \
                               "backup.gitaly_backup_path in gitlab.yml, or, where the repositories are on this " \
                               "machine's disk, give --storage-path default=DIR")
    end

    it "needs a storage" do
      expect { backup(instance(storages: {})) }
        .to raise_error(error, "No repositories' storages found. Set repositories.storages in gitlab.yml, or give " \
                               "--storage-path NAME=DIR")
    end

    it "leaves nothing behind when it fails as a whole" do
      sql("DROP TABLE projects CASCADE")
      expect { backup(instance) }.to raise_error(Gitlab::Backup::Native::DatabaseError)
      expect(Dir.children(work)).to eq([])
    end

    it "has nobody to fear in a database that names no repositories" do
      sql("TRUNCATE projects, snippets, group_wiki_repositories CASCADE")
      outcome = backup(instance)
      expect([outcome.files, outcome.problems, Dir.children(sink)]).to eq([0, [], []])
    end
  end

  context "with the Rake tasks' variables" do
    let(:recorded) { { "STAND_IN_RECORD" => "#{temp_dir}/record", "STAND_IN_SINK" => "#{temp_dir}/bucket" } }

    # Arguments of gitaly-backup's call with these variables.
    def arguments(instance = instance(gitaly_backup_path: stand_in), **values)
      @outcome = backup(instance, options: task(**values), variables: recorded)
      record["arguments"]
    end

    it "backs up the repositories asked for, and no others" do
      without_gitaly_backup
      refs = make_repositories
      outcome = backup(instance, options: task(repositories_paths: %w[acme/tools], gitlab_backup_max_concurrency: 0))
      expect(outcome.problems).to eq([])
      expect(refs_backed_up).to eq(refs.select { |path, _| path.start_with?("fast/@hashed") })
    end

    it "does not take a storage for unmounted when what was asked for is not there" do
      without_gitaly_backup
      make_repositories
      FileUtils.rm_rf(Dir.children(folder("fast")).map { |name| "#{folder("fast")}/#{name}" })
      outcome = backup(instance, options: task(skip_repositories_paths: %w[acme/seven]))
      expect(outcome.problems.map(&:reason)).to eq(["is in the database but not on disk"])
    end

    it "hands limits on to gitaly-backup, and leaves to it what nobody set" do
      make_repositories
      expect(arguments).to eq(["-path", sink, "-id", "ID1"])
      FileUtils.rm_rf(work)
      expect(arguments(gitlab_backup_max_concurrency: 3, gitlab_backup_max_storage_concurrency: 0))
        .to eq(["-path", sink, "-parallel", "3", "-parallel-storage", "0", "-id", "ID1"])
    end

    it "gives gitaly-backup the repositories of one storage" do
      make_repositories
      arguments(repositories_storages: %w[fast])
      expect(record["lines"].map { |line| JSON.parse(line)["storage_name"] }.uniq).to eq(%w[fast])
    end

    it "has Gitaly keep the repositories itself" do
      make_repositories
      expect(arguments(repositories_server_side: true)).to eq(%w[-server-side -id ID1])
      # which of them do not exist Gitaly does not say
      expect([@outcome.files, @outcome.problems, Dir.children(work)]).to eq([8, [], []])
      expect(Dir.children("#{temp_dir}/bucket")).to include("default", "fast", "manifests")
    end

    it "says which storage Gitaly cannot keep itself" do
      storages = storage_settings.merge("fast" => { "path" => folder("fast") })
      expect { arguments(instance(storages: storages, gitaly_backup_path: stand_in), repositories_server_side: true) }
        .to raise_error(error, "REPOSITORIES_SERVER_SIDE has Gitaly save the repositories, but storage \"fast\" is " \
                               "not reached by gitaly-backup: set its gitaly_address and backup.gitaly_backup_path " \
                               "in gitlab.yml, or go without REPOSITORIES_SERVER_SIDE")
    end
  end

  context "with gitaly-backup" do
    let(:installed) { { gitaly_backup_path: stand_in } }

    it "has it back up every repository" do
      refs = make_repositories
      outcome = backup(instance(**installed))
      expect([outcome.problems, outcome.files, refs_backed_up]).to eq([[], 4, refs])
      expect(outcome.stored).to eq(bytes_written)
    end

    it "backs up a storage without an address straight from disk" do
      refs = make_repositories
      storages = storage_settings.merge("fast" => { "path" => folder("fast") })
      outcome = with_variables("STAND_IN_RECORD" => "#{temp_dir}/record") do
        backup(instance(storages: storages, **installed))
      end
      expect([outcome.problems, outcome.files, refs_backed_up]).to eq([[], 4, refs])
      expect([outcome.stored, record["servers"].keys]).to eq([bytes_written, ["default"]])
    end

    it "needs an address, or a directory, for each storage" do
      expect { backup(instance(storages: storage_settings("path", "gitaly_address"), **installed)) }
        .to raise_error(error, "storage \"default\" is missing a gitaly_address: set it below repositories.storages " \
                               "in gitlab.yml, or, where the repositories are on this machine's disk, give " \
                               "--storage-path default=DIR")
    end

    it "has it write as GitLab's account", if: Process.euid.zero? do
      make_repositories
      account = Gitlab::Backup::Native::Account.for("nobody")
      FileUtils.mkdir_p(work, mode: 0o700)
      system("chown", "-R", "nobody", temp_dir, exception: true)
      sql("CREATE ROLE nobody SUPERUSER LOGIN") if sql("SELECT 1 FROM pg_roles WHERE rolname = 'nobody'").empty?
      expect(backup(instance(user: "nobody", **installed)).problems).to eq([])
      expect(Dir.glob("**/*", base: sink).map { |path| File.stat("#{sink}/#{path}").uid }.uniq).to eq([account.uid])
    end

    it "does not start one that could not write", if: Process.euid.zero? do
      expect { backup(instance(user: "nobody", **installed)) }
        .to raise_error(error,
                        %r{\Agitaly-backup runs as nobody, which cannot reach \S+/repositories: give it access})
    end
  end
end
