# frozen_string_literal: true

# The cases of Gitaly's own tests and ours (numbers as in the reference of its formats) that
# concern a restore by the built-in engine. Not here:
#
#   1-8, 14, 38      writing a backup: git_engine_spec.rb; increments are not written yet
#   9-13, 15-20      finding it: repository_store_spec.rb
#   30-33            the job list, log and exit status of gitaly-backup itself: gitaly_restore_spec.rb
#   35               nothing is removed by name: what is not there is not found
#   36, 37, 39       sinks that are URLs, and server-side backups: Gitaly's
#   34, 47           git_restore/exchange_spec.rb, git_restore/rebuild_spec.rb
#   43, 45, 49       writing increments, worktrees: what they write is read like any other step
RSpec.describe Gitlab::Backup::Native::GitRestore do
  include GitRestoreRuns
  include GitalyLayouts

  let(:source) { small_repository(at("a.git")) }

  describe "a backup of our own" do
    it "comes back with refs, HEAD, objects and hooks" do
      odd_repository(at("a.git"))
      add_hook(at("a.git"), "pre-receive")
      File.symlink("pre-receive", "#{at("a.git")}/custom_hooks/update")
      back_up("a.git")
      outcome = bring_back("a.git")
      expect([outcome.files, outcome.problems]).to eq([1, []])
      expect([state(restored("a.git")), objects(restored("a.git"))]).to eq([state(at("a.git")), objects(at("a.git"))])
      expect(File.read("#{restored("a.git")}/custom_hooks/update")).to eq("#!/bin/sh\n")
      expect(File.executable?("#{restored("a.git")}/custom_hooks/pre-receive")).to be(true)
    end

    it "leaves nothing of git's own that is not needed" do
      source
      back_up("a.git")
      bring_back("a.git")
      expect(Dir.children(restored("a.git")))
        .to contain_exactly("HEAD", "config", "objects", "packed-refs", "refs")
    end

    it "comes back with one worker and with eight" do
      names = (1..9).map { |number| "#{number}.git" }
      names.each { |name| small_repository(at(name)) }
      back_up(*names)
      states = [1, 8].map do |workers|
        FileUtils.rm_rf(target)
        expect(bring_back(*names, workers: workers).files).to eq(9)
        names.map { |name| state(restored(name)) }
      end
      expect(states).to eq([names.map { |name| state(at(name)) }] * 2)
    end
  end

  describe "a full backup" do
    it "goes into a repository that is empty (21)" do
      bare_repository(restored("a.git"))
      save(source, "a.git")
      expect(bring_back("a.git").problems).to eq([])
      expect(state(restored("a.git"))).to eq(state(source))
    end

    it "replaces commits and branches that came later (22)" do
      save(source, "a.git")
      FileUtils.mkdir_p(target)
      FileUtils.cp_r(source, restored("a.git"))
      git(restored("a.git"), "update-ref", "refs/heads/later", commit(restored("a.git"), "later"))
      git(restored("a.git"), "symbolic-ref", "HEAD", "refs/heads/later")
      bring_back("a.git")
      expect(state(restored("a.git"))).to eq(state(source))
    end

    it "makes the repository that is missing, and the folders above it (23)" do
      save(source, "@hashed/aa/bb/a.git")
      bring_back("@hashed/aa/bb/a.git")
      expect(state(restored("@hashed/aa/bb/a.git"))).to eq(state(source))
    end

    it "brings back every kind of ref, hidden or not (40)" do
      %w[sha1 sha256].each do |format|
        odd = odd_repository(at("#{format}.git"), format: format)
        git(odd, "config", "transfer.hideRefs", "refs/keep-around")
        save(odd, "#{format}.git")
        expect(bring_back("#{format}.git").problems).to eq([])
        expect(show_ref(restored("#{format}.git"))).to eq(show_ref(odd))
        expect([state(restored("#{format}.git")), fsck(restored("#{format}.git"))]).to eq([state(odd), ""])
      end
    end

    it "needs no pool (46)" do
      pool = small_repository(at("pool.git"))
      member = bare_repository(at("a.git"))
      File.write("#{member}/objects/info/alternates", "#{pool}/objects\n")
      git(member, "update-ref", "refs/heads/main", commit(member, "fork", git(pool, "rev-parse", "main")))
      save(member, "a.git")
      before = state(member)
      FileUtils.rm_rf([pool, member])
      bring_back("a.git")
      expect([state(restored("a.git")), fsck(restored("a.git"))]).to eq([before, ""])
      expect(File.exist?("#{restored("a.git")}/objects/info/alternates")).to be(false)
    end

    it "has HEAD where it was when two branches are at its commit (48)" do
      git(source, "update-ref", "refs/heads/aaa", "refs/heads/main")
      git(source, "symbolic-ref", "HEAD", "refs/heads/aaa")
      save(source, "a.git")
      bring_back("a.git")
      expect(state(restored("a.git"))).to eq(state(source))
    end

    it "has HEAD on the unborn branch it was on (27)" do
      git(source, "symbolic-ref", "HEAD", "refs/heads/unborn")
      save(source, "a.git")
      bring_back("a.git")
      expect(state(restored("a.git"))).to eq(state(source))
    end

    it "is restored though a branch is not of a commit" do
      blob = git(source, "hash-object", "-w", "--stdin", input: "text")
      File.write("#{source}/refs/heads/odd", "#{blob}\n")
      save(source, "a.git")
      expect(bring_back("a.git").problems).to eq([])
      expect(state(restored("a.git"))).to eq(state(source))
    end
  end

  describe "increments" do
    # Every awkward change at once.
    def change(repository)
      old = git(repository, "rev-parse", "refs/heads/feature/x")
      set_refs(repository, "refs/heads/main" => commit(repository, "more", git(repository, "rev-parse", "main")),
                           "refs/tags/late" => old)
      git(repository, "update-ref", "-d", "refs/heads/feature/x")
      git(repository, "update-ref", "-d", "refs/heads/same")
      git(repository, "update-ref", "refs/heads/feature", commit(repository, "swap", old))
      git(repository, "tag", "-a", "-m", "v2", "v2", old)
      git(repository, "symbolic-ref", "HEAD", "refs/heads/feature")
    end

    it "end in the state of the last one, hooks included (24, 41, 42)" do
      odd = odd_repository(at("a.git"))
      add_hook(odd, "pre-receive")
      steps = save(odd, "a.git", id: "ID1")
      steps = save(odd, "a.git", id: "ID2", steps: steps)
      expect(File.size("#{sink}/#{steps.last[:bundle]}")).to eq(17)
      change(odd)
      FileUtils.rm_rf("#{odd}/custom_hooks")
      add_hook(odd, "update")
      save(odd, "a.git", id: "ID3", steps: steps)
      bare_repository(restored("a.git"))
      git(restored("a.git"), "update-ref", "refs/heads/extra", commit(restored("a.git"), "extra"))
      expect(bring_back("a.git", id: "ID3").problems).to eq([])
      expect([state(restored("a.git")), objects(restored("a.git"))]).to eq([state(odd), objects(odd)])
      expect(Dir.children("#{restored("a.git")}/custom_hooks")).to eq(["update"])
    end

    it "end in the state of the one that is asked for" do
      steps = save(source, "a.git", id: "ID1")
      before = state(source)
      git(source, "update-ref", "refs/heads/main", commit(source, "more"))
      save(source, "a.git", id: "ID2", steps: steps)
      bring_back("a.git", id: "ID1")
      expect(state(restored("a.git"))).to eq(before)
    end

    it "of a repository by SHA-256 may be header-only too (42)" do
      odd = odd_repository(at("a.git"), format: "sha256")
      steps = save(odd, "a.git", id: "ID2", steps: save(odd, "a.git", id: "ID1"))
      expect(File.size("#{sink}/#{steps.last[:bundle]}")).to eq(39)
      expect(bring_back("a.git", id: "ID2").problems).to eq([])
    end

    it "may begin with an empty one, whose flag was left (44)" do
      empty = bare_repository(at("a.git"))
      steps = save(empty, "a.git", id: "ID1")
      git(empty, "update-ref", "refs/heads/main", commit(empty, "first"))
      steps = save(empty, "a.git", id: "ID2", steps: steps)
      put("manifests/default/a.git/ID2.toml", manifest_text(empty, steps, empty: true))
      expect(bring_back("a.git", id: "ID2").problems).to eq([])
      expect(state(restored("a.git"))).to eq(state(empty))
    end
  end

  describe "a repository without refs" do
    it "has its HEAD (25)" do
      save(bare_repository(at("a.git"), head: "banana"), "a.git")
      expect(bring_back("a.git").files).to eq(1)
      expect(state(restored("a.git"))).to eq(["", "refs/heads/banana", "sha1"])
    end

    it "has its hooks (26)" do
      add_hook(bare_repository(at("a.git")), "update")
      save(at("a.git"), "a.git")
      bring_back("a.git")
      expect(Dir.children("#{restored("a.git")}/custom_hooks")).to eq(["update"])
    end

    it "may lack its list of refs when it is said to be empty" do
      steps = save(bare_repository(at("a.git")), "a.git")
      FileUtils.rm("#{sink}/#{steps.last[:refs]}")
      expect(bring_back("a.git").files).to eq(1)
    end
  end

  describe "a repository that was not there" do
    before do
      small_repository(at("b.git"))
      back_up("a.wiki.git", "b.git")
    end

    it "is not there afterwards" do
      small_repository(restored("a.wiki.git"))
      expect(bring_back("a.wiki.git").problems).to eq([])
      expect(File.exist?(restored("a.wiki.git"))).to be(false)
    end

    it "comes back from the undo all the same" do
      before = state(small_repository(restored("a.wiki.git")))
      bring_back("a.wiki.git", "b.git")
      exchanges.give_back
      expect([state(restored("a.wiki.git")), Dir.children(target)]).to eq([before, ["a.wiki.git"]])
    end
  end

  describe "a repository the backup has nothing of (28)" do
    before { save(source, "b.git") }

    it "fails, and stays as it is" do
      before = state(small_repository(restored("a.git")))
      outcome = bring_back("a.git", "b.git")
      expect([outcome.files, outcome.problems.map(&:reason)]).to eq([1, ["the backup has nothing of it"]])
      expect(state(restored("a.git"))).to eq(before)
    end

    context "when the backup is from before 17.6 (29)" do
      before do
        path = "#{sink}/manifests/default/b.git/ID1.toml"
        File.write(path, File.read(path).lines.grep_v(/empty|non_existent/).join)
      end

      it "is empty if it is a project's" do
        small_repository(restored("a.git"))
        expect(bring_back("a.git", "b.git").files).to eq(2)
        expect(state(restored("a.git"))).to eq(["", "refs/heads/main", "sha1"])
        expect(monitor.warnings)
          .to eq(["default/a.git (group/project): the backup has nothing of it, it is empty now"])
      end

      it "is removed if it is a wiki" do
        small_repository(restored("a.wiki.git"))
        expect([bring_back("a.wiki.git").problems, Dir.children(target)]).to eq([[], ["+gbn"]])
      end
    end
  end

  it "says so when it is from an earlier run than others" do
    save(source, "a.git", id: "ID0")
    save(small_repository(at("b.git")), "b.git")
    put("backup_ids/ID1", "")
    expect(bring_back("a.git", "b.git").files).to eq(2)
    expect(monitor.warnings)
      .to eq(["default/a.git (group/project): run ID1 of the backup has nothing of it, it is as in run ID0"])
  end

  it "refuses a path no repository has" do
    save(source, "a")
    save(source, "a.git/b.git")
    expect(bring_back("a", "a.git/b.git").problems.map(&:reason))
      .to contain_exactly("a is no name of a repository", "a.git/b.git is no name of a repository")
  end

  describe "the old layouts" do
    before { git(source, "update-ref", "refs/heads/zzz", "refs/heads/main") }

    it "are read by pointer (12)" do
      steps = save_pointer(source, "g/a.git")
      git(source, "update-ref", "refs/heads/main", commit(source, "more"))
      save_pointer(source, "g/a.git", steps: save_pointer(source, "g/a.git", steps: steps))
      expect(bring_back("g/a.git", id: "other").problems).to eq([])
      expect(state(restored("g/a.git"))).to eq(state(source))
    end

    it "are read without a pointer (13)" do
      add_hook(source, "update")
      save_legacy(source, "g/a.git")
      expect(bring_back("g/a.git").problems).to eq([])
      expect([state(restored("g/a.git")), Dir.children("#{restored("g/a.git")}/custom_hooks")])
        .to eq([state(source), ["update"]])
    end

    it "are read without a list of refs" do
      save_legacy(source, "g/a.git")
      FileUtils.rm("#{sink}/g/a.refs")
      expect(bring_back("g/a.git").problems).to eq([])
      expect(state(restored("g/a.git"))).to eq(state(source))
    end

    it "have HEAD guessed: main, then master, then the first" do
      heads = { %w[zz main master aa] => "main", %w[zz master aa] => "master", %w[zz aa] => "aa" }.map do |branches, _|
        repository = bare_repository(at("#{branches.size}.git"), head: "zz")
        id = commit(repository, "first")
        set_refs(repository, branches.to_h { |name| ["refs/heads/#{name}", id] })
        save_legacy(repository, "#{branches.size}.git")
        bring_back("#{branches.size}.git")
        git(restored("#{branches.size}.git"), "symbolic-ref", "HEAD")
      end
      expect(heads).to eq(%w[refs/heads/main refs/heads/master refs/heads/aa])
    end

    it "have HEAD at main, with a warning, when no branch has its commit" do
      save_legacy(source, "a.git")
      put("a.refs", step_refs_with_head(source))
      expect(bring_back("a.git").problems).to eq([])
      expect(monitor.warnings).to eq(["default/a.git (group/project): no branch is where HEAD was, it is main now"])
    end

    def step_refs_with_head(repository)
      first = git(repository, "rev-list", "--max-parents=0", "main")
      "#{first} HEAD\n#{show_ref(repository).lines.drop(1).join}"
    end
  end

  it "makes everything the account's, and as private as the storage", if: Process.euid.zero? do
    account = Gitlab::Backup::Native::Account.for("nobody")
    save(source, "@hashed/aa/a.git")
    add_hook(source, "update")
    save(source, "@hashed/bb/b.git")
    system("chmod", "-R", "go=", sink, exception: true)
    File.chmod(0o755, temp_dir)
    FileUtils.mkdir_p(target)
    File.chown(account.uid, account.gid, target)
    File.chmod(0o2750, target)
    expect(bring_back("@hashed/aa/a.git", "@hashed/bb/b.git", account: account).problems).to eq([])
    stats = Dir.glob("@hashed/**/*", base: target).map { |path| File.stat(restored(path)) }
    expect(stats.map { |stat| [stat.uid, stat.gid, stat.mode & 0o027] }.uniq).to eq([[account.uid, account.gid, 0]])
  end

  it "ends with the disk's word when that is full", if: TinyDisk.available? do
    extend TinyDisk

    git(source, "update-ref", "refs/heads/main", commit(source, Random.new(1).bytes(500_000)))
    save(source, "a.git")
    FileUtils.mkdir_p(target)
    script = "require 'gitlab/backup/native'; N = Gitlab::Backup::Native; m = Object.new; def m.advance(**); end\n" \
             "q = N::RepositorySpool.new(ARGV[3]); q.push(N::RepositoryJob.parse(ARGV[1])); " \
             "s = [N::Storage.new(name: 'default', path: ARGV[2])]; " \
             "e = N::GitRestore::Exchanges.new('repositories', N::Journal.start(ARGV[3], 'ID1'))\n" \
             "begin; N::GitRestore.new(storages: s, store: N::RepositoryStore.new(ARGV[0], backup_id: 'ID1'), " \
             "exchanges: e, git: '/usr/bin/git', account: nil, workers: 1, tally: N::RepositoryTally.new(m), " \
             "monitor: nil).run(q)\nrescue N::Error => f then abort f.message end"
    folders = [File.expand_path("../../lib", __dir__), *Gem.loaded_specs["tomlrb"].full_require_paths]
    output, status, = on_tiny_disk(target, "size=300k", RbConfig.ruby, "-I", folders.join(":"), "-e", script, sink,
                                   job("a.git").to_line, target, temp_dir)
    expect([status, output])
      .to match([1, %r{\Acannot (?:write to|make a temporary file in) #{target}/\+gbn/\S+: No space left on device}])
  end

  it "leaves nothing running or half done when it is broken off" do
    save(source, "a.git")
    before = state(small_repository(restored("a.git")))
    slow = wrapped_git("cd #{temp_dir}; case \"$*\" in *fsck*) echo $$ > new; mv new pid; exec sleep 600;; esac")
    run = Thread.new { bring_back("a.git", git: slow) }
    sleep 0.01 until File.exist?("#{temp_dir}/pid")
    run.kill.join
    expect { Process.kill(0, Integer(File.read("#{temp_dir}/pid"))) }.to raise_error(Errno::ESRCH)
    expect([state(restored("a.git")), Dir.children(restored("+gbn/#{journal.restore_id}/new"))]).to eq([before, []])
  end
end
