# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Aside do
  include RailsFolder

  # Stands for the process that is killed at this moment.
  let(:killed) { Class.new(RuntimeError) }
  let(:native) { Gitlab::Backup::Native }
  let(:target) { "#{temp_dir}/data/uploads" }
  let(:base) { "#{temp_dir}/backups".tap { |path| FileUtils.mkdir_p(path) } }
  let(:journal) { native::Journal.start(base, "id", now: Time.utc(2026, 1, 2)) }
  let(:aside) { described_class.new("uploads", target: target, journal: journal) }
  let(:old) { ["", ".hidden", "a", "a/b", "a/b/c", "link", "new\nline"] }

  before do
    FileUtils.mkdir_p("#{target}/a/b")
    %w[a/b/c .hidden].push("new\nline").each { |name| File.write("#{target}/#{name}", "old") }
    File.symlink("nowhere", "#{target}/link")
    File.chmod(0o751, target)
    File.utime(1, Time.at(1, 2, :nsec), target)
  end

  # [names, mode and time of the folder itself]
  def state_of(folder)
    names = Dir.glob("**/*", File::FNM_DOTMATCH, base: folder).reject { |name| name.end_with?("/.") }
    names = names.map { |name| name == "." ? "" : name }.sort
    [names, File.stat(folder).mode & 0o777, [File.mtime(folder).to_i, File.mtime(folder).nsec]]
  end

  def fill(folder = target)
    FileUtils.mkdir_p("#{folder}/a")
    File.write("#{folder}/a/b", "new")
    File.chmod(0o700, folder)
  end

  # Root may write everywhere.
  def as_nobody(&block)
    base
    system("chown", "-Rh", "nobody", "--", temp_dir, exception: true) if Process.euid.zero?
    unprivileged(&block)
  end

  # The same in another process: only what is on the disk is known.
  def again
    read = native::Journal.read(journal.directory)
    described_class.new("uploads", target: target, journal: read || journal)
  end

  it "moves the content beside the folder, and gives it back with the folder's own attributes" do
    before = state_of(target)
    aside.take
    expect([Dir.children(target), File.stat(target).mode & 0o777]).to eq([[], 0o751])
    expect(aside.place.path).to eq("#{temp_dir}/data/.gbn-aside-id_20260102000000-uploads")
    expect(Dir.children("#{temp_dir}/data").size).to eq(2)
    fill
    again.give_back
    expect([state_of(target), before.first]).to eq([before, old])
    expect([Dir.children("#{temp_dir}/data"), again.state, again.place]).to eq([["uploads"], nil, nil])
  end

  it "deletes the old content only when the new is complete" do
    aside.take
    fill
    expect { again.settle }.to raise_error(native::Error, /not complete.* is not deleted/)
    aside.fill
    again.settle
    expect([state_of(target).first, Dir.children("#{temp_dir}/data")]).to eq([["", "a", "a/b"], ["uploads"]])
    expect(again.state).to be_nil
    again.settle
    again.give_back
    expect(state_of(target).first).to eq(["", "a", "a/b"])
  end

  it "gives back what was complete already" do
    before = state_of(target)
    aside.take
    fill
    aside.fill
    again.give_back
    expect(state_of(target)).to eq(before)
  end

  it "follows a link to the folder, and makes one that is missing" do
    File.symlink("data/none/deeper", "#{temp_dir}/link")
    linked = described_class.new("uploads", target: "#{temp_dir}/link", journal: journal)
    linked.take
    expect(File.stat("#{temp_dir}/data/none/deeper").mode & 0o777).to eq(0o700)
    fill("#{temp_dir}/link")
    linked.give_back
    expect([File.exist?("#{temp_dir}/data/none/deeper"), Dir.children("#{temp_dir}/data/none")]).to eq([false, []])
  end

  it "puts the content into the folder where nothing may be written beside it" do
    before = state_of(target)
    File.chmod(0o555, "#{temp_dir}/data")
    as_nobody do
      aside.take
      expect(Dir.children(target)).to eq([".gbn-aside-id_20260102000000"])
      fill
      again.give_back
    end
    expect(state_of(target)).to eq(before)
  end

  it "does not touch lost+found" do
    Dir.mkdir("#{target}/lost+found", 0o700)
    aside.take
    fill
    expect(Dir.children(target).sort).to eq(%w[a lost+found])
    again.give_back
    expect(state_of(target).first).to eq([*old, "lost+found"].sort)
  end

  it "gives back what it has moved when something cannot be moved" do
    before = state_of(target)
    File.chmod(0o555, "#{target}/a") # a folder that moves is written to
    as_nobody do
      expect { aside.take }.to raise_error(native::Error, /cannot move .*Permission denied/)
      aside.give_back
    end
    File.chmod(0o755, "#{target}/a")
    expect(state_of(target)).to eq(before)
  end

  it "keeps what it holds when the folder lies elsewhere now, or is not mounted" do
    aside.take
    elsewhere = described_class.new("uploads", target: "#{temp_dir}/other", journal: journal)
    expect { elsewhere.give_back }.to raise_error(native::Error, %r{is aside, but uploads lies in .*/other now})
    File.rename(aside.place.path, "#{temp_dir}/hidden")
    %i[take give_back settle].each do |step|
      expect { again.public_send(step) }.to raise_error(native::Error, /old content of .* is not in .*mount/)
    end
    expect(again.state).to eq("moved")
  end

  # Names are kept short where they would not fit; the end of a restore id has its time.
  it "finds a name for the longest" do
    long = native::Journal.start(base, "i" * 237, now: Time.utc(2026, 1, 2))
    deep = described_class.new("uploads", target: "#{temp_dir}/#{"n" * 255}", journal: long)
    deep.take
    expect(File.basename(deep.place.path)).to end_with("_20260102000000-#{"n" * 100}")
  end

  # A journal that lets the process die at its write number `at`, before or after it.
  def dying_journal(at, when_it_dies)
    writes = 0
    read = native::Journal.read(journal.directory) || journal
    read.define_singleton_method(:record) do |*arguments, **values|
      writes += 1
      raise KILLED if writes == at && when_it_dies == :before

      super(*arguments, **values)
      raise KILLED if writes == at
    end
    read
  end

  def die_at(write, moment)
    dying = described_class.new("uploads", target: target, journal: dying_journal(write, moment))
    yield dying
    false
  rescue killed
    true
  end

  # Each step in turn is the one at which the process dies, before or after its entry.
  def at_every_step(work, &check)
    (1..20).each do |write|
      dead = %i[before after].map { |moment| die_at(write, moment, &work).tap(&check) }
      return write if dead.none?
    end
  end

  it "gives the original back after a death at any step of two runs and an undo", :aggregate_failures do
    stub_const("KILLED", killed)
    before = state_of(target)
    run = lambda do |dying|
      dying.take
      fill
      dying.fill
    end
    steps = at_every_step(run) do
      at_every_step(run) { nil } # a second run, that dies as well
      die_at(3, :after, &:give_back)
      again.give_back
      expect(state_of(target)).to eq(before)
      expect(Dir.children("#{temp_dir}/data")).to eq(["uploads"])
    end
    expect(steps).to be > 6
  end

  it "finishes deleting after a death at any step", :aggregate_failures do
    stub_const("KILLED", killed)
    (1..3).to_a.product(%i[before after]).each do |write, moment|
      again.take
      fill
      again.fill
      die_at(write, moment, &:settle)
      again.settle
      expect([state_of(target).first, Dir.children("#{temp_dir}/data")]).to eq([["", "a", "a/b"], ["uploads"]])
    end
  end
end
