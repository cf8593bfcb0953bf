# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::GitRestore::Exchange do
  include GitRestoreRuns
  include GitalyLayouts

  let(:source) { small_repository(at("a.git")) }

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

    it "are not gone before the new ones are synced, one by one where the file system cannot tell" do
      synced = []
      allow(Gitlab::Backup::Native::Durable).to receive(:sync_file_system).and_return(false)
      allow(Gitlab::Backup::Native::Durable).to receive(:sync).and_wrap_original do |original, path|
        synced << path.b if aside.any?
        original.call(path)
      end
      bring_back("a.git", "g/new.git")
      exchanges.settle
      restored_files = Dir.glob("#{target}/{a,g/new}.git/**/*").select { |path| File.file?(path) }
      expect(restored_files.map(&:b) - synced).to be_empty
      expect(aside).to be_empty
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

    it "may be gone by the time they are removed (35)" do
      exchange = described_class.new(target, "later")
      expect([exchange.take("gone.git"), exchange.done?("gone.git")]).to eq([true, true])
      exchange.settle
      expect(Dir.children(target)).to eq(["a.git"])
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

  it "can be undone, or done, wherever it was killed" do
    names = (1..4).map { |number| "#{number}.git" }
    names.each { |name| save(small_repository(at(name)), name) }
    small_repository(restored("stray.git"))
    names.first(2).each do |name|
      git(small_repository(restored(name)), "update-ref", "refs/heads/old", "refs/heads/main")
    end
    before = states
    [0.02, 0.05, 0.09, 0.15].each do |seconds|
      kill_after(seconds) { bring_back(*names, strays: true) }
      expect(states_after_another(names)).to eq(names.to_h { |name| [name, state(at(name))] })
      exchanges.give_back
      expect([states, aside]).to eq([before, []])
    end
  end

  def states
    Dir.children(target).sort.grep(/git\z/).to_h { |name| [name, state(restored(name))] }
  end

  def states_after_another(names)
    bring_back(*names, strays: true)
    states
  end

  # What the killed process wrote to its journal is read as the next one would.
  def kill_after(seconds)
    directory = journal.directory
    pid = fork do
      yield
    ensure
      exit!(0)
    end
    sleep seconds
    Process.kill(:KILL, pid)
    Process.wait(pid)
    @journal = Gitlab::Backup::Native::Journal.read(directory) || @journal
  end
end
