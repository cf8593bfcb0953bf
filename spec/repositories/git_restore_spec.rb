# frozen_string_literal: true

# The cases of Gitaly's own tests and ours (numbers as in the reference of its formats) that
# concern a restore by the built-in engine. Not here:
#
#   1-8, 14, 38      writing a backup: git_engine_spec.rb; increments are not written yet
#   9-13, 15-20      finding it: repository_store_spec.rb
#   30-33            the job list, log and exit status of gitaly-backup itself: gitaly_restore_spec.rb
#   35               nothing is removed by name: what is not there is not found
#   36, 37, 39       sinks that are URLs, and server-side backups: Gitaly's
#   43, 45, 49       writing increments, worktrees: what they write is read like any other step
RSpec.describe Gitlab::Backup::Native::GitRestore do
  include GitRestoreRuns
  include GitalyLayouts

  let(:error) { Gitlab::Backup::Native::Error }
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

  describe "one that is damaged" do
    let(:before) { state(small_repository(restored("a.git"))) }
    let(:steps) { save(source, "a.git") }

    # Restores it beside a sound one; it must be left alone, and the other be there.
    def reasons
      expect(before).to eq(state(restored("a.git")))
      save(small_repository(at("b.git")), "b.git")
      outcome = bring_back("a.git", "b.git")
      expect([outcome.files, state(restored("a.git")), Dir.children(restored("+gbn/#{journal.restore_id}/new"))])
        .to eq([1, before, []])
      outcome.problems.map(&:reason)
    end

    it "lacks its bundle" do
      FileUtils.rm("#{sink}/#{steps.last[:bundle]}")
      expect(reasons).to eq(["001.bundle: it doesn't exist"])
    end

    it "lacks its list of refs" do
      FileUtils.rm("#{sink}/#{steps.last[:refs]}")
      expect(reasons).to eq(["001.refs: it doesn't exist"])
    end

    it "has a bundle cut off at any place" do
      path = "#{sink}/#{steps.last[:bundle]}"
      content = File.binread(path)
      [0, 10, 40, 90, content.size / 2, content.size - 1].each do |size|
        File.binwrite(path, content[0, size])
        expect(reasons.first).to match(/\A001.bundle: |\Ahistory is incomplete: /)
      end
    end

    it "has a bundle with a flipped bit" do
      path = "#{sink}/#{steps.last[:bundle]}"
      content = File.binread(path)
      content.setbyte(content.size - 60, content.getbyte(content.size - 60) ^ 4)
      File.binwrite(path, content)
      expect(reasons.first).to match(/\A001.bundle: fatal: /)
    end

    it "has a bundle of a part of the history" do
      git(source, "update-ref", "refs/heads/main", commit(source, "more", git(source, "rev-parse", "main")))
      part, = Open3.capture2("git", "--git-dir=#{source}", "bundle", "create", "-", "main~1..main", binmode: true)
      File.binwrite("#{sink}/#{steps.last[:bundle]}", part)
      put(steps.last[:refs], show_ref(source))
      expect(reasons.first).to match(/\A001.bundle: fatal: |\Ahistory is incomplete: /)
    end

    it "has a bundle that is none" do
      put(steps.last[:bundle], "what?\n")
      expect(reasons).to eq(["001.bundle: it is no git bundle"])
    end

    it "has a bundle with a filter" do
      content = read(steps.last[:bundle])
      put(steps.last[:bundle], content.sub("v2 git bundle\n", "v3 git bundle\n@filter=blob:none\n"))
      expect(reasons).to eq(["001.bundle: git bundle with @filter=blob:none is not understood"])
    end

    it "has a bundle of another format" do
      other = save(odd_repository(at("c.git"), format: "sha256"), "c.git")
      put(steps.last[:bundle], read(other.last[:bundle]))
      expect(reasons).to eq(["001.bundle: its objects have names by sha256, not sha1"])
    end

    it "has an empty line among its refs" do
      put(steps.last[:refs], "#{show_ref(source)}\n\n")
      expect(reasons).to eq(["001.refs: list of refs: it has the line \"\""])
    end

    %w[../../x refs/../x refs/heads/a..b refs/heads/a.lock refs/heads/.a refs/heads/ main refs/x].each do |name|
      it "has a ref #{name}" do
        id = git(source, "rev-parse", "main")
        put(steps.last[:refs], "#{id} refs/heads/main\n#{id} #{name}\n")
        expect(reasons).to eq(["001.refs: list of refs: it names #{name}, which git would refuse"])
      end
    end

    it "has refs that exclude each other, in any order" do
      id = git(source, "rev-parse", "main")
      put(steps.last[:refs], %w[b/c a b-x b].map { |name| "#{id} refs/heads/#{name}\n" }.join)
      expect(reasons).to eq(["001.refs: list of refs: refs/heads/b and refs/heads/b/c exclude each other"])
    end

    it "has refs in no order" do
      id = git(source, "rev-parse", "main")
      put(steps.last[:refs], %w[refs/tags/b refs/heads/a].map { |name| "#{id} #{name}\n" }.join)
      bring_back("a.git")
      expect(git(restored("a.git"), "for-each-ref", "--format=%(refname)")).to eq("refs/heads/a\nrefs/tags/b")
      expect(fsck(restored("a.git"))).to eq("")
    end

    it "has a HEAD git would refuse" do
      put("manifests/default/a.git/ID1.toml", manifest_text(source, steps, head_reference: "refs/heads/a..b"))
      expect(reasons.first).to match(/\Afatal: invalid initial branch name/)
    end
  end

  it "leaves out refs whose object is missing, and reports each (47)" do
    steps = save(source, "a.git")
    refs = show_ref(source)
    put(steps.last[:refs], "#{refs}#{"1" * 40} refs/heads/zz\n#{"2" * 40} refs/tags/gone\n")
    outcome = bring_back("a.git")
    expect([outcome.files, outcome.problems.map(&:reason)])
      .to eq([1, ["refs/heads/zz was left out: object #{"1" * 40} is not in the backup",
                  "refs/tags/gone was left out: object #{"2" * 40} is not in the backup"]])
    expect(show_ref(restored("a.git"))).to eq(refs)
    expect(monitor.advances.last[:entries]).to eq(1)
  end

  describe "custom hooks" do
    # The tar of these shell lines' doing, below a folder `custom_hooks`.
    def hooks_made_by(script, *arguments)
      folder = "#{temp_dir}/made"
      FileUtils.mkdir_p("#{folder}/custom_hooks")
      system("sh", "-ec", script, chdir: folder, exception: true)
      output, = Open3.capture2("tar", "-C", folder, *arguments, "-cf", "-", *Dir.children(folder), binmode: true)
      put(save(source, "a.git").last[:hooks], output)
    end

    it "may be an archive of no bytes" do
      put(save(source, "a.git").last[:hooks], "")
      expect(bring_back("a.git").problems).to eq([])
    end

    it "may be an archive of something else" do
      hooks_made_by("rmdir custom_hooks; echo x > other")
      expect(bring_back("a.git").problems).to eq([])
      expect(Dir.children(restored("a.git"))).not_to include("other")
    end

    it "never get out of their folder" do
      output, = Open3.capture2("tar", "-C", temp_dir, "--absolute-names", "--transform", "s,^,../../../../../evil/,",
                               "-cf", "-", ".", binmode: true)
      put(save(source, "a.git").last[:hooks], output)
      bring_back("a.git")
      expect(Dir.glob("#{temp_dir}/**/evil")).to eq([])
    end

    it "lose their set-id bits" do
      hooks_made_by("echo x > custom_hooks/update; chmod 6755 custom_hooks/update")
      expect(bring_back("a.git").problems).to eq([])
      expect(File.stat("#{restored("a.git")}/custom_hooks/update").mode & 0o7000).to eq(0)
    end

    it "are no FIFOs" do
      hooks_made_by("mkfifo custom_hooks/pipe")
      expect(bring_back("a.git").problems.map(&:reason))
        .to eq(["001.custom_hooks.tar: pipe is neither a plain file nor a folder or link"])
    end

    it "are no links that stand for the folder" do
      hooks_made_by("rmdir custom_hooks; ln -s /etc custom_hooks")
      expect(bring_back("a.git").problems.map(&:reason))
        .to eq(["001.custom_hooks.tar: custom_hooks is neither a plain file nor a folder or link"])
    end

    it "are not written through a link" do
      hooks_made_by("mkdir -p custom_hooks; ln -s #{temp_dir} custom_hooks/way")
      path = "#{sink}/default/a.git/ID1/001.custom_hooks.tar"
      system("sh", "-ec", "rm custom_hooks/way; mkdir custom_hooks/way; echo x > custom_hooks/way/evil; " \
                          "tar -rf #{path} custom_hooks/way/evil", chdir: "#{temp_dir}/made", exception: true)
      bring_back("a.git")
      expect(File.exist?("#{temp_dir}/evil")).to be(false)
    end

    it "are damaged when the archive is" do
      put(save(source, "a.git").last[:hooks], "not a tar" * 100)
      expect(bring_back("a.git").problems.first.reason).to match(/\A001.custom_hooks.tar: tar: /)
    end
  end

  describe "old repositories" do
    before do
      save(source, "a.git")
      save(source, "g/new.git")
      small_repository(restored("a.git"))
      git(restored("a.git"), "update-ref", "refs/heads/old", "refs/heads/main")
    end

    let!(:old) { state(restored("a.git")) }

    it "can be given back, and new ones go" do
      bring_back("a.git", "g/new.git")
      expect(state(restored("a.git"))).to eq(state(source))
      exchanges.give_back
      expect([state(restored("a.git")), Dir.exist?(restored("g/new.git")), aside]).to eq([old, false, []])
      expect(exchanges.any?).to be(false)
    end

    it "are gone once it is settled" do
      bring_back("a.git", "g/new.git")
      exchanges.settle
      expect([state(restored("a.git")), aside, exchanges.any?]).to eq([state(source), [], false])
    end

    it "are still the old ones after a second run" do
      bring_back("a.git", "g/new.git")
      bring_back("a.git", "g/new.git")
      exchanges.give_back
      expect([state(restored("a.git")), Dir.exist?(restored("g/new.git"))]).to eq([old, false])
    end

    it "are removed when they are not in the list, pools excepted (34)" do
      pool = "@pools/aa/bb/aabb#{"0" * 60}.git"
      [pool, "@hashed/cc/dd/stray.git", "+gitaly/x.git"].each { |path| small_repository(restored(path)) }
      FileUtils.mkdir_p(restored("@hashed/no-repository.git"))
      bring_back("a.git", "g/new.git", strays: true)
      there = [pool, "@hashed/cc/dd/stray.git", "+gitaly/x.git", "@hashed/no-repository.git", "a.git", "g/new.git"]
              .select { |path| File.exist?(restored(path)) }
      expect(there).to eq([pool, "+gitaly/x.git", "@hashed/no-repository.git", "a.git", "g/new.git"])
      expect(monitor.lines).to eq(["storage default: 1 repositories that are not in the database were removed"])
      exchanges.give_back
      expect(fsck(restored("@hashed/cc/dd/stray.git"))).to eq("")
    end

    it "are restored one file system after the other", if: Process.euid.zero? && File.directory?("/dev/shm") do
      other = Dir.mktmpdir("gbn-", "/dev/shm")
      skip "one file system" if File.stat(other).dev == File.stat(temp_dir).dev
      File.symlink(other, restored("far"))
      save(source, "far/b.git")
      before = state(small_repository(restored("far/b.git")))
      expect(bring_back("a.git", "far/b.git").problems).to eq([])
      expect(File.directory?("#{other}/+gbn/#{journal.restore_id}/old/b.git")).to be(true)
      exchanges.give_back
      expect([state(restored("far/b.git")), Dir.children(other)]).to eq([before, ["b.git"]])
    ensure
      FileUtils.rm_rf(other) if other
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
