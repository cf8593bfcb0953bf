# frozen_string_literal: true

require "digest"

RSpec.describe Gitlab::Backup::Native::RepositoriesRestore do
  include GitalyBackupRuns
  include GitlabSchema
  include RailsFolder

  let(:error) { Gitlab::Backup::Native::Error }
  let(:database) { gitlab_database("gbn_restore_repositories") }
  let(:monitor) { RecordingMonitor.new }
  let(:base) { "#{temp_dir}/backups" }
  let(:journal) { Gitlab::Backup::Native::Journal.start(base, "ID1") }

  # [storage, path below it] of what is in the database of GitlabSchema and on disk.
  let(:existing) do
    [["default", "@hashed", 7, ""], ["fast", "@hashed", 12, ""], ["fast", "@hashed", 12, ".design"],
     ["default", "@snippets", 3, ""]].map do |storage_name, root, id, ending|
      sha = Digest::SHA256.hexdigest(id.to_s)
      [storage_name, "#{root}/#{sha[0, 2]}/#{sha[2, 2]}/#{sha}#{ending}.git"]
    end
  end

  before do
    skip "gitaly-backup is installed here" if Gitlab::Backup::Native::Executables.all("gitaly-backup").any?
    FileUtils.mkdir_p(["#{base}/ID1/manifest", *%w[default fast].map { |name| folder(name) }])
    existing.each { |place| small_repository(File.join(folder(place.first), place.last)) }
  end

  def folder(storage_name)
    "#{temp_dir}/storages/#{storage_name}"
  end

  def instance(without: [], **backup)
    storages = %w[default fast].to_h do |name|
      [name, { "path" => folder(name), "gitaly_address" => "unix:/gitaly.socket" }.except(*without)]
    end
    config = { "gitlab" => { "user" => Etc.getpwuid.name }, "repositories" => { "storages" => storages },
               "backup" => { "path" => base, **backup.transform_keys(&:to_s) } }
    main = { "database" => database, "host" => PostgresCluster.shared.directory, "username" => PostgresCluster::SUPERUSER }
    @instance ||= instance_of(config: config, database: { "main" => main })
  end

  def component
    Gitlab::Backup::Native::Components::Repositories.new(instance)
  end

  def make_backup(options: nil)
    job = Gitlab::Backup::Native::ComponentJob.new(instance: instance, directory: "#{base}/ID1", backup_id: "ID1",
                                                   workers: 2, monitor: RecordingMonitor.new, options: options)
    expect(component.backup(job).problems).to eq([])
  end

  # The Rake tasks' variables.
  def task(**values)
    Struct.new(:repositories_storages, :repositories_paths, :skip_repositories_paths, :gitlab_backup_max_concurrency,
               :gitlab_backup_max_storage_concurrency, :repositories_server_side, keyword_init: true).new(**values)
  end

  def restore(task: nil)
    source = Gitlab::Backup::Native::BackupSource.new(Gitlab::Backup::Native::BackupDirectory.new(base, "ID1"))
    job = Gitlab::Backup::Native::RestoreJob.new(instance: instance, source: source, workers: 2, monitor: monitor,
                                                 options: Gitlab::Backup::Native::RestoreOptions.new(task: task),
                                                 journal: journal, before: journal.directory)
    described_class.new(component, job)
  end

  # {path => its refs} of all repositories on the storages.
  def states
    Dir.glob("**/*.git", base: "#{temp_dir}/storages").grep_v(/\+gbn/).to_h do |path|
      [path, git("#{temp_dir}/storages/#{path}", "for-each-ref")]
    end
  end

  # What people do between a backup and its restore.
  def change_everything
    storage_name, path = existing.first
    repository = File.join(folder(storage_name), path)
    git(repository, "update-ref", "refs/heads/later", "refs/heads/main")
    FileUtils.rm_rf(File.join(folder("fast"), existing[1].last))
    small_repository("#{folder("fast")}/@hashed/aa/bb/stray.git")
  end

  def sql(text)
    PostgresCluster.shared.query(text, database: database)
  end

  context "without gitaly-backup" do
    it "restores all, removes others, and can give all back" do
      before = states
      make_backup
      change_everything
      changed = states
      restore.check
      outcome = restore.call
      expect([outcome.files, outcome.problems, states]).to eq([4, [], before])
      restore.give_back
      expect([states, Dir.glob("#{temp_dir}/storages/*/+gbn")]).to eq([changed, []])
    end

    it "deletes what was there once it is settled" do
      before = states
      make_backup
      change_everything
      restore.call
      restore.settle
      expect([states, Dir.children(folder("fast"))]).to eq([before, ["@hashed"]])
    end

    it "can give back after a second run, and settle twice" do
      make_backup
      change_everything
      changed = states
      2.times { restore.call }
      restore.give_back
      restore.give_back
      restore.settle
      expect(states).to eq(changed)
    end

    it "takes up an exchange that was cut in two, also when the new one is broken" do
      make_backup
      before = states
      restore.call
      storage_name, path = existing.first
      FileUtils.rm_rf(File.join(folder(storage_name), path)) # between the two renames
      FileUtils.rm("#{base}/ID1/repositories/#{storage_name}/#{path}/ID1/001.bundle")
      expect(restore.call.problems.map(&:reason)).to eq(["001.bundle: it doesn't exist"])
      restore.settle
      expect(states).to eq(before)
    end

    it "restores the others when one is broken, and removes nothing" do
      make_backup
      change_everything
      broken = existing.last
      FileUtils.rm("#{base}/ID1/repositories/#{broken.join("/")}/ID1/001.bundle")
      outcome = restore.call
      expect([outcome.files, outcome.problems.map(&:to_h)])
        .to match([3, [{ kind: "repository", path: start_with(broken.join("/")),
                         reason: "001.bundle: it doesn't exist" }]])
      expect(Dir.exist?("#{folder("fast")}/@hashed/aa/bb/stray.git")).to be(true)
    end

    it "gives back what it has begun when it fails as a whole" do
      make_backup
      change_everything
      changed = states
      sql("DROP TABLE projects CASCADE")
      expect { restore.call }.to raise_error(Gitlab::Backup::Native::DatabaseError)
      expect(states).to eq(changed)
    end

    it "does not take an empty database for an instance without repositories" do
      make_backup
      before = states
      sql("TRUNCATE projects, snippets, group_wiki_repositories CASCADE")
      expect { restore.call }
        .to raise_error(error, "the database names no repositories, the backup has some: restore the database first")
      expect(states).to eq(before)
    end

    it "tells what it needs and what it replaces" do
      make_backup
      bytes = Dir.glob("#{base}/ID1/repositories/fast/**/*.{bundle,refs}").sum { |path| File.size(path) + 65_536 }
      expect(restore.needs).to match(folder("default") => be > 65_536, folder("fast") => bytes)
      expect(restore.replaces).to eq(["Repositories: all of storage default (#{folder("default")}), fast " \
                                      "(#{folder("fast")}); what is there now is kept until all is restored"])
    end

    it "needs the storages' folders" do
      make_backup
      FileUtils.rm_rf(folder("fast"))
      expect { restore.check }.to raise_error(error, /\Astorage fast \(\S+\) is no directory: make or mount it\z/)
    end

    it "warns of a manifest that cannot be read, and refuses when none can" do
      make_backup
      paths = Dir.glob("#{base}/ID1/repositories/manifests/**/ID1.toml")
      File.write(paths.first, "what?")
      restore.check
      expect(monitor.warnings).to match([/\Aa repository will not be restored: manifest .* it is no TOML/])
      paths.each { |path| File.write(path, "what?") }
      expect { restore.check }.to raise_error(error, /\Athe repositories cannot be restored: manifest /)
    end

    it "needs the backup's folder" do
      expect { restore.check }.to raise_error(error, "the backup has no repositories")
    end
  end

  context "with the Rake tasks' variables" do
    let(:design) { existing[2] }

    # What happened to [one asked for, one that was not, a stray on the storage of the first].
    def fates
      [design, existing.first, ["fast", "@hashed/aa/bb/stray.git"]].map do |place|
        path = File.join(folder(place.first), place.last)
        next :gone unless File.exist?(path)

        git(path, "for-each-ref").include?("refs/heads/later") ? :as_it_was : :restored
      end
    end

    # Backs up; then each has a branch more, and there is a stray.
    def back_up_and_change
      make_backup
      small_repository(File.join(folder("fast"), "@hashed/aa/bb/stray.git"))
      Dir.glob("#{temp_dir}/storages/**/*.git").each do |path|
        git(path, "update-ref", "refs/heads/later", "refs/heads/main")
      end
    end

    { { repositories_storages: %w[fast] } => %i[restored as_it_was gone],
      { repositories_paths: %w[acme/tools] } => %i[restored as_it_was as_it_was],
      { skip_repositories_paths: %w[acme/seven] } => %i[restored as_it_was as_it_was],
      { repositories_storages: %w[fast], skip_repositories_paths: %w[acme/tools] } =>
        %i[as_it_was as_it_was as_it_was] }.each do |values, result|
      it "restores what is asked for, and clears no more than that (#{values})" do
        back_up_and_change
        scoped = restore(task: task(**values))
        scoped.check
        expect([scoped.call.problems, fates]).to eq([[], result])
      end

      it "has gitaly-backup restore what is asked for, and clear no more than that (#{values})" do
        instance(gitaly_backup_path: stand_in)
        variables = { "STAND_IN_STORAGES" => JSON.generate("default" => folder("default"), "fast" => folder("fast")) }
        with_variables(variables) do
          back_up_and_change
          scoped = restore(task: task(**values))
          scoped.check
          expect([scoped.call.problems, fates]).to eq([[], result])
        end
      end
    end

    it "says what it will replace, and asks no more than that takes" do
      make_backup
      scoped = restore(task: task(repositories_storages: %w[fast], repositories_paths: %w[acme]))
      expect([scoped.replaces, scoped.needs])
        .to eq([["Repositories: those chosen by path of storage fast (#{folder("fast")}); what is there now is kept " \
                 "until all is restored"], {}])
      FileUtils.rm_rf(folder("default"))
      expect { scoped.check }.not_to raise_error
    end

    it "restores what Gitaly has kept itself, without a folder in the backup" do
      instance(gitaly_backup_path: stand_in)
      with_variables("STAND_IN_STORAGES" => JSON.generate("default" => folder("default"), "fast" => folder("fast")),
                     "STAND_IN_SINK" => "#{temp_dir}/bucket", "STAND_IN_RECORD" => "#{temp_dir}/record") do
        before = states
        make_backup(options: task(repositories_server_side: true))
        change_everything
        server_side = restore(task: task(repositories_server_side: true, gitlab_backup_max_concurrency: 3))
        server_side.check
        sql("DELETE FROM group_wiki_repositories; DELETE FROM snippet_repositories WHERE snippet_id = 4")
        expect([server_side.call.problems, states, server_side.needs]).to eq([[], before, {}])
        expect(record["arguments"])
          .to eq(%w[-server-side -parallel 3 -remove-all-repositories default,fast -id ID1])
      end
    end
  end

  context "with gitaly-backup" do
    def with_stand_in(&block)
      with_variables("STAND_IN_STORAGES" => JSON.generate("default" => folder("default"), "fast" => folder("fast")),
                     "STAND_IN_RECORD" => "#{temp_dir}/record", &block)
    end

    it "has it restore all, and cannot give back" do
      instance(gitaly_backup_path: stand_in)
      before = states
      with_stand_in do
        make_backup
        change_everything
        restore.check
        expect(restore.call.to_h).to include(files: 4, problems: [])
      end
      expect([states, record["arguments"].each_cons(2).to_a]).to match([before, include(%w[-remove-all-repositories
                                                                                           default,fast])])
      restore.give_back
      expect(monitor.warnings.last).to eq("the repositories of storage default, fast were restored by gitaly-backup: " \
                                          "those that were there before cannot be given back")
    end

    it "says so before" do
      instance(gitaly_backup_path: stand_in)
      with_stand_in { make_backup }
      expect(restore.replaces).to eq(["Repositories: all of storage default, fast, by gitaly-backup: what is there " \
                                      "now CANNOT be given back"])
      expect(restore.needs).to eq({})
    end
  end

  describe "object pools" do
    def rake(script)
      write("#{temp_dir}/bin/gitlab-rake", "#!/bin/sh\n#{script}\n")
      File.chmod(0o755, "#{temp_dir}/bin/gitlab-rake")
      make_backup
      with_variables("PATH" => "#{temp_dir}/bin:#{ENV.fetch("PATH")}") { restore.call }
    end

    it "are reset by GitLab's task, and what it says is told" do
      rake(<<~SH)
        echo "$@" > #{temp_dir}/task
        echo '{"disk_path":"@pools/a","status":"scheduled","error_message":null}'
        echo '{"disk_path":"@pools/b","status":"skipped"}'
        echo '{"disk_path":"@pools/c","status":"failed","error_message":"no"}'
        echo 'what?'
        echo 'a word' >&2
      SH
      expect(File.read("#{temp_dir}/task")).to eq("gitlab:backup:repo:reset_pool_repositories\n")
      expect(monitor.lines.last(3)).to eq(["Reinitializing object pools...", "Object pool @pools/a...",
                                           "Object pool @pools/b... [SKIPPED]"])
      expect(monitor.warnings).to eq(["Object pool @pools/c failed to reset (no)", "Failed to parse: what?", "a word"])
    end

    it "are left to people when the task fails, or is not there" do
      rake("exit 3")
      make_pools = Gitlab::Backup::Native::RepositoryPools::BY_HAND
      expect(monitor.warnings).to match([/exit 3\): #{make_pools}\z/])
      FileUtils.rm_rf("#{temp_dir}/bin")
      with_variables("PATH" => "/usr/bin:/bin") { restore.call }
      expect(monitor.warnings.last).to eq(make_pools)
    end
  end
end
