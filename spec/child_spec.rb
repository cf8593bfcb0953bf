# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Child do
  def ended?(pid)
    Process.kill(0, pid)
    File.read("/proc/#{pid}/stat").split[2] == "Z"
  rescue Errno::ESRCH, Errno::ENOENT
    true
  end

  def wait_for
    200.times { yield ? (return true) : sleep(0.05) }
    false
  end

  it "runs a program without a shell and tells its output, errors and status" do
    output, errors, status = described_class.capture(["ruby", "-e", "print ARGV[0]; warn 'no'; exit 3", "a $HOME `b`"])
    expect([output, errors, status.exitstatus]).to eq(["a $HOME `b`", "no\n", 3])
  end

  it "gives the child the environment that was asked for, and nothing on standard input" do
    output, = described_class.capture(["ruby", "-e", "p ENV.values_at('A', 'GIT_DIR', 'HOME').first(2), $stdin.read"],
                                      env: { "A" => "1", "GIT_DIR" => "x" }, unset: ["GIT_DIR"])
    expect(output).to eq("[\"1\", nil]\n\"\"\n")
  end

  it "hands on no descriptor but the three" do
    File.open(__FILE__) do |file|
      file.close_on_exec = false
      output, = described_class.capture(["ls", "/proc/self/fd"])
      expect(output.split.map(&:to_i).max).to be <= 3 # ls has the folder itself open
    end
  end

  it "says what cannot be run, and why" do
    expect { described_class.start(["no-such-program"]) }
      .to raise_error(Gitlab::Backup::Native::Error, "cannot run no-such-program: No such file or directory") { |e|
        expect(e.errno).to eq(Errno::ENOENT::Errno)
      }
  end

  it "keeps beginning and end of what is too much to keep, and never lets the program wait" do
    _, errors, status = described_class.capture(["ruby", "-e", "$stderr.print 'begin', 'x' * 3_000_000, 'end'"])
    expect([status.success?, errors[0, 5], errors[-3..],
            errors.include?("left out")]).to eq([true, "begin", "end", true])
  end

  it "stops a child, and what that one started" do
    reader, writer = IO.pipe
    child = described_class.start(["ruby", "-e", "pid = spawn('sleep', '60'); puts pid; $stdout.flush; sleep 60"],
                                  stdout: writer)
    grandchild = reader.gets.to_i
    expect(child.stop.signaled?).to be(true)
    expect(wait_for { ended?(grandchild) }).to be(true)
  ensure
    [reader, writer].each(&:close)
  end

  it "does not let a child outlive the block" do
    child = nil
    expect do
      described_class.start(%w[sleep 60]) do |started|
        (child = started) && raise(KeyError)
      end
    end.to raise_error(KeyError)
    expect(ended?(child.pid)).to be(true)
  end

  it "does not let a child outlive us, whatever happens to us" do
    reader, writer = IO.pipe
    parent = fork do
      writer.puts described_class.start(%w[sleep 60]).pid
      writer.flush
      sleep
    end
    pid = reader.gets.to_i
    Process.kill("KILL", parent)
    Process.wait(parent)
    expect(wait_for { ended?(pid) }).to be(true)
  ensure
    [reader, writer].each(&:close)
  end

  it "runs as another account, with its groups and its home", if: Process.euid.zero? do
    account = Gitlab::Backup::Native::Account.for("nobody")
    program = "p Process.uid, Process.euid, Process.gid, Process.groups, ENV['USER']"
    output, = described_class.capture(["ruby", "-e", program],
                                      account: account)
    expect(output.split("\n")).to eq([account.uid, account.uid, account.gid,
                                      account.groups].map(&:inspect) + ["\"nobody\""])
  end

  it "ends a child that does not heed TERM" do
    stub_const("#{described_class}::STOP_SECONDS", 0.2)
    reader, writer = IO.pipe
    child = described_class.start(["ruby", "-e", "trap('TERM', 'IGNORE'); puts 1; $stdout.flush; sleep"],
                                  stdout: writer)
    reader.gets
    expect(child.stop.termsig).to eq(Signal.list["KILL"])
    expect(child.stop).to equal(child.wait)
  ensure
    [reader, writer].each(&:close)
  end

  it "tells the same status however often it is asked" do
    child = described_class.start(["sh", "-c", "exit 7"])
    expect([child.wait, child.wait, child.stop].map(&:exitstatus)).to eq([7, 7, 7])
  end

  it "has nothing to stop when somebody else has waited for it" do
    child = described_class.start(["true"])
    Process.wait(child.pid)
    expect(child.stop).to be_nil
  end

  it "passes on what interrupts it, and leaves no child" do
    before = Processes.children
    60.times do |i|
      program = i.even? ? %w[true] : %w[sleep 60]
      thread = Thread.new { described_class.start(program) { |child| i % 4 < 2 ? child.wait : sleep } }
      thread.report_on_exception = false
      sleep(i * 0.0001) # the moments are meant to differ
      thread.raise(IOError, "enough")
      begin
        thread.join
      rescue IOError => e
        expect(e.message).to eq("enough")
      end
    end
    expect(Processes.children).to eq(before)
  end

  it "runs where it is told to, and says when that is nowhere" do
    expect(described_class.capture(["pwd"], chdir: temp_dir).first).to eq("#{temp_dir}\n")
    expect(described_class.capture(["pwd"]).first).to eq("/\n")
    message = "cannot enter #{temp_dir}/none to run pwd: No such file or directory"
    expect { described_class.start(["pwd"], chdir: "#{temp_dir}/none") }
      .to raise_error(Gitlab::Backup::Native::Error, message)
  end

  it "says what may not be run, or is no program" do
    text = "#{temp_dir}/text"
    File.write(text, "no program", perm: 0o600)
    expect { described_class.start([text]) }.to raise_error(Gitlab::Backup::Native::Error, /Permission denied/)
    File.chmod(0o700, text)
    expect { described_class.start([text]) }.to raise_error(Gitlab::Backup::Native::Error, /Exec format error/)
    expect { described_class.start([temp_dir]) }.to raise_error(Gitlab::Backup::Native::Error, /Permission denied/)
  end

  it "leaves no descriptor and no child behind, also when nothing could be run" do
    before = [Processes.descriptors, Processes.children]
    described_class.capture(["true"])
    expect { described_class.capture(["no-such-program"]) }.to raise_error(Gitlab::Backup::Native::Error)
    expect([Processes.descriptors, Processes.children]).to eq(before)
  end

  # An array pins none of its strings: short ones lie in objects that compaction moves.
  it "hands over the arguments it was given wherever the collector moves them" do
    mover = Object.new
    def mover.to_str = GC.compact && "A=1"
    arguments = Array.new(300) { |i| "argument #{i}" }
    reader, writer = IO.pipe
    pid = described_class.send(:_start, ["/bin/echo", *arguments.map(&:dup)], ["B=2", mover], "/",
                               [-1, writer.fileno, -1], nil)
    writer.close
    expect([reader.read.chomp, Process.wait2(pid).last.success?]).to eq([arguments.join(" "), true])
  ensure
    [reader, writer].each(&:close)
  end

  it "refuses a NUL in arguments and environment" do
    expect { described_class.start(["true", "a\0b"]) }.to raise_error(ArgumentError, /null byte/)
    expect { described_class.start(["true"], env: { "A" => "a\0b" }) }.to raise_error(ArgumentError, /null byte/)
  end
end
