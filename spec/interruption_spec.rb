# frozen_string_literal: true

require "timeout"

# What the extension promises about work that is broken off: Ruby's own exception, and then no
# thread, no descriptor and no file that was not there before.
RSpec.describe "Interruption of the core's work" do
  def traces
    [Processes.descriptors, Dir.children(temp_dir).sort]
  end

  # Ruby ends an idle one of its own now and then.
  def threads
    Dir.children("/proc/self/task").size
  end

  # Work that ends only when it is told to: nobody writes to the pipe.
  def endless(io: @reader, name: "p", &block)
    Gitlab::Backup::Native::Stream.new(io: io, target: "#{temp_dir}/#{name}.gz", manifest: "#{temp_dir}/#{name}.m",
                                       backup_id: "1_id", workers: 2).run(&block)
  end

  # Bytes in the files that are to have no name before they are whole.
  def unfinished
    Dir["#{temp_dir}/*tmp*", "#{temp_dir}/.*tmp*"].sum { |path| File.size?(path).to_i }
  end

  before do
    @reader, @writer = IO.pipe
    Thread.new { nil }.join # Ruby keeps a thread of its own from the first on
    Timeout.timeout(10) { nil }
    @before = traces
    @threads = threads
  end

  after { [@reader, @writer].each(&:close) }

  it "leaves nothing after a Timeout" do
    expect { Timeout.timeout(0.3) { endless } }.to raise_error(Timeout::Error)
    expect(traces).to eq(@before)
    expect(threads).to be <= @threads
  end

  it "leaves nothing after Thread#kill, at twenty moments" do
    20.times do |i|
      thread = Thread.new { endless }
      @writer.write("x" * 50_000 * i) # it comes to its end when all of it was read but what a pipe holds
      thread.kill.join
    end
    expect(traces.last).to eq(@before.last)
    expect(Processes.descriptors).to eq(@before[0])
  end

  it "leaves nothing after Thread#raise" do
    thread = Thread.new { endless }
    thread.report_on_exception = false
    Thread.pass until thread.stop?
    thread.raise(IOError, "stop")
    expect { thread.join }.to raise_error(IOError, "stop")
    expect(traces.last).to eq(@before.last)
  end

  it "leaves nothing after a block that raises, breaks or throws" do
    expect { endless { raise KeyError, "enough" } }.to raise_error(KeyError, "enough")
    endless { break }
    catch(:done) { endless { throw :done } }
    expect(traces).to eq(@before)
    expect(threads).to be <= @threads
  end

  it "goes on when a trapped signal arrives" do
    trapped = 0
    previous = trap("USR1") { trapped += 1 }
    thread = Thread.new { endless }
    Thread.pass until thread.stop?
    3.times { |i| Process.kill("USR1", Process.pid) && (Thread.pass until trapped > i) }
    @writer.write("whole")
    @writer.close
    product = thread.value
    expect([product.raw, trapped]).to eq([5, 3])
  ensure
    trap("USR1", previous)
  end

  it "leaves no temporary file of an archive that is killed" do
    root = "#{temp_dir}/root".tap { |path| Dir.mkdir(path) }
    50.times { |i| File.binwrite("#{root}/#{i}", Random.new(i).bytes(1_000_000)) }
    20.times do |i|
      thread = Thread.new do
        Gitlab::Backup::Native::Archive.new(root: root, target: "#{temp_dir}/a#{i}", manifest: "#{temp_dir}/m#{i}",
                                            backup_id: "1_id", workers: 2).run
      end
      Thread.pass until unfinished >= i * 2_500_000 || !thread.alive?
      thread.kill.join
    end
    left = Dir.children(temp_dir) - ["root"]
    expect(left.grep(/tmp/)).to eq([])
    expect(left.grep(/^a/).map { |name| name.tr("a", "m") }.sort).to eq(left.grep(/^m/).sort)
  end

  it "works after a fork" do
    pid = fork do
      @writer.close
      exit!(endless.raw.zero? ? 0 : 1)
    end
    @writer.close
    expect(Process.wait2(pid).last.exitstatus).to eq(0)
  end

  it "works under a garbage collector that runs all the time" do
    endless { break } # classes load, which would take minutes under it
    @writer.write("x" * 1000)
    @writer.close
    GC.stress = true
    product = endless
    GC.stress = false
    expect([product.raw, product.sha256.size]).to eq([1000, 64])
  ensure
    GC.stress = false
  end

  # It tells its progress with each turn: how many are too many a job says that nobody disturbs. An interrupt that waits
  # makes it hundreds if the wake-up is not taken off the eventfd, millions if glue does not wait while there is one.
  it "ends first when nothing may interrupt it, without turning round and round" do
    @writer.write("whole")
    turns = 0
    thread = Thread.new { Thread.handle_interrupt(IOError => :never) { @raw = endless { turns += 1 }.raw } }
    thread.report_on_exception = false
    Thread.pass until thread.stop?
    thread.raise(IOError, "later")
    expect(turn(5)).to eq(5)
    expect(turns).to be < 50
    @writer.close
    expect { thread.join }.to raise_error(IOError, "later")
    expect(@raw).to eq(5)
  end

  def turn(count)
    turns = 0
    IO.pipe { |reader, _| endless(io: reader, name: "q") { (turns += 1) == count && break } }
    turns
  end

  # A file under its name is complete, and stays: nobody calls it off any more.
  it "leaves both files or none, and says which" do
    root = "#{temp_dir}/root".tap { |path| Dir.mkdir(path) }
    20.times do |i|
      paths = ["#{temp_dir}/a#{i}", "#{temp_dir}/m#{i}"]
      begin
        Gitlab::Backup::Native::Archive.new(root: root, target: paths[0], manifest: paths[1], backup_id: "1_id",
                                            workers: 2).run { raise KeyError }
        expect(paths.map { |path| File.exist?(path) }).to eq([true, true])
      rescue KeyError
        expect(paths.map { |path| File.exist?(path) }).to eq([false, false])
      end
      File.write("#{root}/#{i}", "x" * 100_000 * i)
    end
  end

  it "survives a compaction of everything Ruby holds" do
    root = "#{temp_dir}/root".tap { |path| Dir.mkdir(path) }
    members = Array.new(500) { |i| "gone #{i}" }
    product = Gitlab::Backup::Native::Archive.new(root: root, members: members, target: "#{temp_dir}/p.tar",
                                                  manifest: "#{temp_dir}/p.m", backup_id: "1_id", workers: 1)
                                             .run { GC.compact }
    GC.compact
    expect(product.notes.map(&:path)).to eq(members)
  end
end
