# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::RepositoriesVerification do
  include GitRestoreRuns
  include GitalyLayouts

  let(:error) { Gitlab::Backup::Native::Error }
  let(:scratch) { "#{temp_dir}/scratch" }

  def sink
    "#{temp_dir}/ID1/repositories"
  end

  def source
    Gitlab::Backup::Native::BackupSource.new(Gitlab::Backup::Native::BackupDirectory.new(temp_dir, "ID1"))
  end

  def verify(**options)
    FileUtils.mkdir_p([sink, scratch])
    described_class.new(source, workers: 2, monitor: monitor, scratch: scratch, **options).call
  end

  # What there is to say of the only repository.
  def damages
    verify.damages.map { |damage| [damage.storage, damage.path, damage.file, damage.reason] }
  end

  after { expect(Dir.children(scratch)).to eq([]) if Dir.exist?(scratch) }

  it "finds our own backups sound" do
    odd_repository(at("a.git"))
    add_hook(at("a.git"), "update")
    bare_repository(at("g/empty.git"))
    outcome = back_up("a.git", "g/empty.git", "g/gone.wiki.git")
    bytes = File.size("#{sink}/default/a.git/ID1/001.bundle")
    expect(verify.to_h).to eq(repositories: outcome.files, absent: 1, bytes: bytes, damages: [], damage_count: 0,
                              missed: 0, obstacle: nil)
    expect([monitor.estimates, monitor.advances.last]).to eq([[3], { raw: bytes, stored: bytes, entries: 3 }])
  end

  it "finds increments, and backups in the old layouts, sound" do
    source = odd_repository(at("a.git"), format: "sha256")
    steps = save(source, "a.git", id: "ID0")
    git(source, "update-ref", "-d", "refs/heads/main")
    save(source, "a.git", steps: steps)
    save_legacy(small_repository(at("b.git")), "g/b.git")
    save_pointer(at("b.git"), "g/c.git", steps: save_pointer(at("b.git"), "g/c.git"))
    expect(verify.to_h).to include(repositories: 3, damages: [])
  end

  it "has nothing to say of a backup of no repositories" do
    expect(verify.to_h).to include(repositories: 0, damages: [])
  end

  it "needs the folder" do
    FileUtils.mkdir_p([sink, scratch])
    Dir.rmdir(sink)
    expect { described_class.new(source, workers: 1, monitor: monitor, scratch: scratch).call }
      .to raise_error(error, "the backup has no repositories")
  end

  describe "a damaged one" do
    before do
      small_repository(at("a.git"))
      back_up("a.git")
    end

    let(:base) { "repositories/default/a.git/ID1/001" }

    # Changes a byte, counted from the end.
    def flip(ending, from_end)
      path = "#{sink}/default/a.git/ID1/001.#{ending}"
      content = File.binread(path)
      content.setbyte(-from_end, content.getbyte(-from_end) ^ 1)
      File.binwrite(path, content)
    end

    it "has a flipped bit anywhere in its bundle" do
      bundle = "#{sink}/default/a.git/ID1/001.bundle"
      sound = File.binread(bundle)
      pack = sound.size - sound.index("PACK")
      [1, 21, pack / 2, pack - 13, pack - 1].each do |place|
        File.binwrite(bundle, sound)
        flip("bundle", place)
        expect(damages).to match([["default", "a.git", "#{base}.bundle", /\A001.bundle: fatal: /]])
      end
    end

    it "has a flipped bit in its refs" do
      flip("refs", File.size("#{sink}/default/a.git/ID1/001.refs"))
      expect(damages.first.first(3)).to eq(["default", "a.git", "#{base}.refs"])
      flip("refs", 5)
      expect(verify.damage_count).to eq(1)
    end

    it "has a ref to an object that is not there" do
      File.write("#{sink}/default/a.git/ID1/001.refs", "#{"1" * 40} refs/heads/zz\n", mode: "a")
      expect(damages)
        .to eq([["default", "a.git", "#{base}.refs", "refs/heads/zz: its object #{"1" * 40} is not in the backup"]])
    end

    it "lacks a file" do
      FileUtils.rm("#{sink}/default/a.git/ID1/001.bundle")
      expect(damages).to eq([["default", "a.git", "#{base}.bundle", "001.bundle: it doesn't exist"]])
    end

    it "has hooks that are cut off where tar would not mind" do
      FileUtils.mkdir_p("#{temp_dir}/custom_hooks")
      hooks, = Open3.capture2("tar", "-C", temp_dir, "-cf", "-", "custom_hooks", binmode: true)
      File.binwrite("#{sink}/default/a.git/ID1/001.custom_hooks.tar", hooks.byteslice(0, 512))
      expect(damages).to match([["default", "a.git", "#{base}.custom_hooks.tar", /\A001\.custom_hooks\.tar: .*end is/]])
    end

    it "has a manifest that cannot be read, be it the second" do
      %w[ID1 +latest].each do |name|
        path = "#{sink}/manifests/default/a.git/#{name}.toml"
        sound = File.read(path)
        File.write(path, "what?")
        expect(damages).to match([["default", "a.git", "repositories/manifests/default/a.git/#{name}.toml",
                                   /it is no TOML/]])
        File.write(path, sound)
      end
    end

    it "has something else in the place of a file" do
      makers = [File.method(:mkfifo), Dir.method(:mkdir), ->(path) { File.symlink("/dev/zero", path) }]
      files = Dir.glob("**/*.{toml,bundle,refs}", base: sink) + ["default/a.git/ID1/001.custom_hooks.tar"]
      files.product(makers) do |file, maker|
        kept = "#{temp_dir}/kept"
        File.exist?("#{sink}/#{file}") ? FileUtils.mv("#{sink}/#{file}", kept) : FileUtils.rm_rf(kept)
        maker.call("#{sink}/#{file}")
        expect([file, damages.size]).to eq([file, 1])
        FileUtils.rm_rf("#{sink}/#{file}")
        FileUtils.mv(kept, "#{sink}/#{file}") if File.exist?(kept)
      end
    end

    it "is one of several" do
      small_repository(at("b.git"))
      FileUtils.rm_rf(sink)
      back_up("a.git", "b.git")
      flip("bundle", 1)
      expect(verify.to_h).to include(repositories: 1, damage_count: 1)
    end
  end

  it "has git run as the account", if: Process.euid.zero? do
    small_repository(at("a.git"))
    back_up("a.git")
    account = Gitlab::Backup::Native::Account.for("nobody")
    FileUtils.mkdir_p(scratch)
    File.chmod(0o755, temp_dir, scratch)
    system("chmod", "-R", "go=", sink, exception: true)
    spy = wrapped_git("id -u >> #{scratch}/users")
    File.chmod(0o777, scratch)
    expect(verify(account: account, git: spy).to_h).to include(repositories: 1, damages: [])
    expect(File.readlines("#{scratch}/users", chomp: true).uniq).to eq([account.uid.to_s])
    FileUtils.rm("#{scratch}/users")
  end

  it "leaves nothing when it is broken off" do
    small_repository(at("a.git"))
    back_up("a.git")
    slow = wrapped_git("cd #{temp_dir}; case \"$*\" in *fsck*) echo $$ > new; mv new pid; exec sleep 600;; esac")
    run = Thread.new { verify(git: slow) }
    sleep 0.01 until File.exist?("#{temp_dir}/pid")
    run.kill.join
    expect { Process.kill(0, Integer(File.read("#{temp_dir}/pid"))) }.to raise_error(Errno::ESRCH)
  end
end
