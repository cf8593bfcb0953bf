# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::GitalyRestore do
  include GitRestoreRuns
  include GitalyBackupRuns
  include GitalyLayouts

  let(:error) { Gitlab::Backup::Native::Error }
  let(:names) { %w[a.git b.wiki.git] }

  before do
    names.each { |name| small_repository(at(name)) }
    FileUtils.mkdir_p(target)
  end

  # Has the stand-in restore these from the sink. Returns the Outcome. Raises Error.
  def gitaly_bring_back(*jobs, version: "18.11", trick: "", variables: {}, **options)
    settings = { "STAND_IN_VERSION" => version, "STAND_IN_TRICK" => trick, "STAND_IN_RECORD" => "#{temp_dir}/record",
                 "STAND_IN_STORAGES" => JSON.generate("default" => target) }
    with_variables(settings.merge(variables)) { restore_with(jobs, **options) }
  end

  def restore_with(jobs, account: nil, directory: sink, id: "ID1", path: stand_in, cleared: nil)
    tally = Gitlab::Backup::Native::RepositoryTally.new(monitor)
    spool = Gitlab::Backup::Native::RepositorySpool.new(temp_dir)
    jobs.each { |one| spool.push(one.is_a?(String) ? job(one) : one) }
    storages = [Gitlab::Backup::Native::Storage.new(name: "default", gitaly_address: "unix:/g", gitaly_token: "s3cret")]
    store = Gitlab::Backup::Native::RepositoryStore.new(directory, backup_id: id) if directory
    parallel = Gitlab::Backup::Native::RepositoryParallel.new(total: 2, per_storage: 2)
    restore = described_class.new(path: path, storages: storages, targets: cleared || storages, store: store,
                                  id: store&.run_id, account: account, parallel: parallel, tally: tally)
    restore.check
    restore.run(spool)
    tally.outcome
  ensure
    spool&.close
  end

  describe "the call" do
    before { back_up(*names) }

    { "16.10" => %w[-layout manifest], "18.11" => [], "19.0" => [] }.each do |version, layout|
      it "has the flags gitaly-backup #{version} knows" do
        expect(gitaly_bring_back(*names, version: version).files).to eq(2)
        expect(record["arguments"]).to eq(["-path", sink, *layout, "-parallel", "2", "-parallel-storage", "2",
                                           "-remove-all-repositories", "default", "-id", "ID1"])
      end
    end

    it "has a line of its own for each repository, and the servers" do
      jobs = [job("a.git"), job("b.wiki.git", project: "größer.wiki")]
      gitaly_bring_back(*jobs)
      expect(record["lines"]).to eq(jobs.map(&:to_line))
      expect(record["servers"]).to eq("default" => { "address" => "unix:/g", "token" => "s3cret" })
      expect(record["arguments"].join).not_to include("s3cret")
    end

    it "asks for the latest when the backup does not tell its id" do
      names.each do |name|
        FileUtils.rm("#{sink}/manifests/default/#{name}/ID1.toml")
      end
      FileUtils.rm_rf("#{sink}/backup_ids")
      expect(gitaly_bring_back(*names).files).to eq(2)
      expect(record["arguments"]).not_to include("-id")
    end

    it "says pointer when there are no manifests and it matters" do
      FileUtils.rm_rf(sink)
      save_pointer(at("a.git"), "a.git")
      expect(gitaly_bring_back("a.git", version: "16.10").problems.size).to eq(1)
      expect(record["arguments"].each_cons(2)).to include(%w[-layout pointer])
    end

    it "is not made for a path gitaly-backup would read as a URL" do
      expect { gitaly_bring_back("a.git", directory: "#{temp_dir}/100%") }
        .to raise_error(error, /\Agitaly-backup cannot read .*100%, as it takes \?, # and % for parts of a URL/)
    end

    it "is made as the account, which must be able to read", if: Process.euid.zero? do
      account = Gitlab::Backup::Native::Account.for("nobody")
      File.chmod(0o755, temp_dir)
      expect { gitaly_bring_back("a.git", account: account) }
        .to raise_error(error, /\Agitaly-backup runs as nobody, which cannot read \S+: give it access/)
      File.write("#{temp_dir}/record", "")
      system("chown", "-R", "nobody", sink, target, "#{temp_dir}/record", exception: true)
      gitaly_bring_back("a.git", account: account)
      expect([record["user"], File.stat(restored("a.git")).uid]).to eq([account.uid] * 2)
    end
  end

  describe "the result" do
    it "is what was backed up, and nothing else (32, 34)" do
      back_up(*names, "gone.wiki.git")
      pool = "@pools/aa/bb/aabb#{"0" * 60}.git"
      [pool, "stray.git"].each { |path| small_repository(restored(path)) }
      outcome = gitaly_bring_back(*names, "gone.wiki.git")
      expect([outcome.files, outcome.problems]).to eq([2, []])
      expect(names.map { |name| state(restored(name)) }).to eq(names.map { |name| state(at(name)) })
      expect([pool, "stray.git"].map { |path| File.exist?(restored(path)) }).to eq([true, false])
    end

    it "has a problem for each repository that failed, and no other is removed (30, 31)" do
      back_up("a.git")
      small_repository(restored("stray.git"))
      outcome = gitaly_bring_back("a.git", "none.git")
      expect([outcome.files, outcome.problems.map(&:path)]).to eq([1, ["default/none.git (group/project)"]])
      expect(outcome.problems.first.reason).to eq("manager: find latest: manifest doesn't exist")
      expect(File.exist?(restored("stray.git"))).to be(true)
    end
  end

  describe "a failure as a whole" do
    before { back_up(*names) }

    it "is raised, not swallowed" do
      expect { gitaly_bring_back(*names, "gone.wiki.git", trick: "panic") }
        .to raise_error(error, "gitaly-backup exit status 1 after 2 of 3 repositories: panic: index out of range")
    end

    it "is one of the removal of others as well" do
      expect { gitaly_bring_back(*names, trick: "cannot-remove") }
        .to raise_error(error, "gitaly-backup exit status 1 after 2 of 2 repositories: restore: remove dangling " \
                               "repositories: 1 failures encountered:; - x: remove")
    end
  end
end
