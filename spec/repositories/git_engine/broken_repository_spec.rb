# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::GitEngine do
  include GitEngineRuns

  # Its own hash: git looks at that in verify-pack and fsck alone.
  it "backs up all of a repository whose pack's index has rotted where git does not look" do
    source = small_repository(at("a.git"))
    git(source, "repack", "-adq")
    index = Dir["#{source}/objects/pack/*.idx"].first
    File.chmod(0o644, index)
    File.open(index, "r+b") { |file| file.pwrite((file.pread(1, file.size - 1).ord ^ 1).chr, file.size - 1) }
    expect(system("git", "verify-pack", index, err: File::NULL)).to be(false)
    expect(back_up("a.git").problems).to eq([])
    expect(ref_state(restore("a.git"))).to eq(ref_state(source))
  end

  describe "a broken repository" do
    # Backs it up beside a sound one. Returns its problem, after looking at what is left of both.
    def problem_of(relative)
      small_repository(at("sound.git"))
      outcome = back_up(relative, "sound.git")
      expect(written.grep(/sound/).size).to eq(4)
      expect([outcome.files, outcome.problems.map(&:path)]).to eq([1, ["default/#{relative} (group/project)"]])
      expect(Dir.glob("**/*#{relative}*/*", base: sink)).to eq([])
      outcome.problems.first
    end

    it "has a detached HEAD" do
      source = small_repository(at("a.git"))
      git(source, "update-ref", "--no-deref", "HEAD", "refs/heads/main")
      expect(problem_of("a.git").to_h).to include(kind: "repository", reason: "fatal: ref HEAD is not a symbolic ref")
    end

    it "has a ref to an object that is not there" do
      source = small_repository(at("a.git"))
      File.write("#{source}/refs/heads/lost", "#{"ab" * 20}\n")
      expect(problem_of("a.git").reason).to eq("fatal: bad object #{"ab" * 20}")
    end

    it "has a ref that a crash left empty" do
      source = small_repository(at("a.git"))
      File.write("#{source}/refs/heads/torn", "")
      expect(problem_of("a.git").reason).to match(%r{\Afatal: bad object refs/heads/torn\z})
    end

    it "has a corrupt object" do
      source = small_repository(at("a.git"))
      blob = git(source, "rev-parse", "main:file")
      path = "#{source}/objects/#{blob[0, 2]}/#{blob[2..]}"
      File.chmod(0o644, path)
      File.write(path, "rubbish")
      expect(problem_of("a.git").reason).to match(/\Afatal: .*#{blob}/)
    end

    it "has a pack that was cut off" do
      source = small_repository(at("a.git"))
      git(source, "repack", "-adq")
      pack = Dir["#{source}/objects/pack/*.pack"].first
      File.chmod(0o644, pack)
      File.truncate(pack, 100)
      expect(problem_of("a.git").reason).to match(/\Afatal: /)
    end

    # Flips one byte in the middle of the only pack, which is all content of one file.
    def rot(repository)
      git(repository, "repack", "-adfq", "--window=0")
      pack = Dir["#{repository}/objects/pack/*.pack"].first
      File.chmod(0o644, pack)
      File.open(pack, "r+b") do |file|
        byte = file.pread(1, file.size / 2).ord
        file.pwrite((byte ^ 0x10).chr, file.size / 2)
      end
    end

    it "has a packed object that has rotted, which git copies without a look" do
      source = small_repository(at("a.git"))
      set_refs(source, "refs/heads/main" => commit(source, Random.new(1).bytes(100_000)))
      rot(source)
      git(source, "bundle", "create", "#{temp_dir}/unusable.bundle", "--all")
      expect(problem_of("a.git").reason).to match(/\Aobjects are corrupt \(.*inflate.*\): see git fsck\z/)
    end

    it "borrows a packed object that has rotted" do
      pool = small_repository(at("pool.git"))
      set_refs(pool, "refs/heads/main" => commit(pool, Random.new(1).bytes(100_000)))
      rot(pool)
      member = bare_repository(at("member.git"))
      File.write("#{member}/objects/info/alternates", "#{pool}/objects\n")
      set_refs(member, "refs/heads/main" => git(pool, "rev-parse", "main"))
      expect(problem_of("member.git").reason).to match(/\Aobjects are corrupt/)
    end

    it "is no repository but some folder" do
      FileUtils.mkdir_p(at("a.git/something"))
      expect(problem_of("a.git").reason).to eq("no repository: HEAD is missing")
    end

    it "has lost its HEAD" do
      File.unlink("#{small_repository(at("a.git"))}/HEAD")
      expect(problem_of("a.git").reason).to eq("no repository: HEAD is missing")
    end

    it "is a file" do
      FileUtils.mkdir_p(storage)
      File.write(at("a.git"), "")
      expect(problem_of("a.git").reason).to match(/Not a directory/)
    end

    it "cannot be read by the account git runs as", if: Process.euid.zero? do
      File.chmod(0o755, temp_dir)
      File.chmod(0o700, small_repository(at("a.git")))
      outcome = back_up("a.git", account: Gitlab::Backup::Native::Account.for("nobody"))
      expect(outcome.problems.map(&:reason)).to match([/\Afatal: /])
    end

    it "leaves no mark of the run when there was no other" do
      FileUtils.mkdir_p(at("a.git"))
      back_up("a.git")
      expect(written).to eq([])
    end
  end
end
