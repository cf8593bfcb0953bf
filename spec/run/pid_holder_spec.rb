# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::PidHolder do
  let(:long_ago) { Time.now - 3600 }

  def alive?(pid, written_at: Time.now)
    described_class.new(pid, written_at: written_at).alive?
  end

  # Runs the command while the block runs, which gets its process id once it is that program.
  def running(*command)
    pid = spawn(*command)
    sleep 0.01 until File.read("/proc/#{pid}/cmdline").include?(command.last)
    yield pid
  ensure
    Process.kill(:KILL, pid)
    Process.wait(pid)
  end

  it "takes a process that lives for the writer, whatever it is, if it may be" do
    running("sleep", "60") { |pid| expect(alive?(pid)).to be(true) }
    expect(alive?(Process.ppid)).to be(true)
  end

  it "takes a stranger that began after the file was written for somebody else" do
    running("sleep", "60") { |pid| expect(alive?(pid, written_at: long_ago)).to be(false) }
  end

  it "takes no chances with what may be a backup: clocks are set, too" do
    running("sh", "-c", "kill -STOP $$; : rake gitlab:backup:create") do |pid|
      expect(alive?(pid, written_at: long_ago)).to be(true)
    end
  end

  it "tells the age of a process whose name has brackets and blanks" do
    FileUtils.cp("/bin/sleep", "#{temp_dir}/a) R 1 (b")
    running("#{temp_dir}/a) R 1 (b", "60") { |pid| expect(alive?(pid, written_at: long_ago)).to be(false) }
  end

  # In containers nobody may ever ask for what their first process inherits.
  it "takes one that was killed, and that nobody has waited for, for dead" do
    pid = spawn("sleep", "60")
    Process.kill(:KILL, pid)
    sleep 0.01 until File.read("/proc/#{pid}/stat").include?(") Z ")
    expect(alive?(pid)).to be(false)
  ensure
    Process.wait(pid)
  end

  it "takes the dead, ourselves and numbers that are none for nobody" do
    dead = spawn("true").tap { |pid| Process.wait(pid) }
    expect([dead, Process.pid, 0, -1, 1 << 80].map { |pid| alive?(pid) }).to eq([false] * 5)
  end
end
