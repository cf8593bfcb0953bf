# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Manners do
  include TinyInstance

  def parse(**words)
    described_class.parse(**words) { |name| "--#{name}" }
  end

  {
    "500K" => 512_000, "500k" => 512_000, "500KiB" => 512_000, "500KB" => 500_000, "10M" => 10_485_760,
    "10mb" => 10_000_000, "1.5m" => 1_572_864, "1G" => 1 << 30, "1T" => 1 << 40, "100" => 102_400, "512B" => 512,
    "0.5B" => 1, "0" => nil, "0M" => nil, "" => nil, nil => nil
  }.each do |text, rate|
    it "takes #{text.inspect} for #{rate.inspect} bytes a second" do
      expect(parse(bwlimit: text).bytes_per_second).to eq(rate)
    end
  end

  ["fast", "-1", "1.", ".5M", "10 M", "10Mbit", "1e3", "10M/s", "0x10", "1\nM", "9" * 13, "\xFF"].each do |text|
    it "does not take #{text.inspect} for a rate" do
      expect { parse(bwlimit: text) }.to raise_error(Gitlab::Backup::Native::Error, /\A--bwlimit takes a rate such as/)
    end
  end

  {
    "idle" => [3, 0], "3" => [3, 0], "best-effort" => [2, 4], "2" => [2, 4], "best-effort:7" => [2, 7],
    "2:0" => [2, 0], "realtime" => [1, 4], "1:3" => [1, 3]
  }.each do |text, values|
    it "takes #{text} as ionice does" do
      expect(parse(ionice: text).io_priority.then { |priority| [priority.io_class, priority.level] }).to eq(values)
    end
  end

  ["none", "0", "4", "idle:3", "best-effort:8", "best-effort:", "2:-1", "Idle", "2:7\n"].each do |text|
    it "does not take #{text.inspect} for an I/O class" do
      expect { parse(ionice: text) }.to raise_error(Gitlab::Backup::Native::Error, /\A--ionice takes idle, /)
    end
  end

  it "takes a niceness of the system's, and no other" do
    expect(%w[-20 0 19].map { |text| parse(nice: text).nice }).to eq([-20, 0, 19])
    %w[-21 20 low 1.5 1x].each do |text|
      expect { parse(nice: text) }.to raise_error(Gitlab::Backup::Native::Error, /\A--nice takes .*, not "#{text}"\z/)
    end
  end

  # Runs this in a process of its own. Returns [its lines, its exit status].
  def ruby(script)
    lib = File.expand_path("../../lib", __dir__)
    output, status = Open3.capture2e(RbConfig.ruby, "-I", lib, "-r", "gitlab/backup/native", "-e", script)
    [output.split("\n").map(&:strip), status.exitstatus]
  end

  # What the child of a thread of such a process has become, as ps and ionice tell.
  def taken(words)
    ruby(<<~RUBY)
      Gitlab::Backup::Native::Manners.parse(**#{words.inspect}) { |name| name.to_s }.apply
      reader, writer = IO.pipe
      Thread.new do
        argv = ["sh", "-c", "ps -o ni= -p $$; ionice -p $$"]
        Gitlab::Backup::Native::Child.start(argv, stdout: writer) { |child| child.wait }
      end.join
      writer.close
      puts reader.read
    RUBY
  end

  it "hands them on to threads and children" do
    expect(taken({ nice: "7", ionice: "best-effort:6" })).to eq([["7", "best-effort: prio 6"], 0])
    expect(taken({ nice: "19", ionice: "idle" })).to eq([%w[19 idle], 0])
  end

  # What somebody who is nobody is told.
  def refused(words)
    account = Etc.getpwnam("nobody")
    script = <<~RUBY
      manners = Gitlab::Backup::Native::Manners.parse(**#{words.inspect}) { |name| name.to_s }
      Gitlab::Backup::Native::IoPriority
      Process::Sys.setgid(#{account.gid})
      Process::Sys.setuid(#{account.uid})
      begin
        manners.apply
      rescue Gitlab::Backup::Native::Error => e
        puts e.message
      end
    RUBY
    ruby(script).first
  end

  it "says in one line what only root may have", if: Process.euid.zero? do
    expect(refused({ nice: "-1" }))
      .to eq(["cannot run with niceness -1: Permission denied: run it as root, or choose 0 or more"])
    expect(refused({ ionice: "realtime" }))
      .to eq(["cannot run with I/O priority realtime: Operation not permitted: run it as root, or choose " \
              "best-effort or idle"])
  end
end
