# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::PidFile do
  let(:path) { "#{temp_dir}/backup_restore.pid" }
  let(:pid_file) { described_class.new(path) }

  # The id of a process that is certainly gone.
  def dead_pid
    spawn("true").tap { |pid| Process.wait(pid) }
  end

  it "holds our process id until it is released" do
    pid_file.take
    expect([File.read(path), pid_file.pid]).to eq([Process.pid.to_s, Process.pid])
    pid_file.release
    expect(File.exist?(path)).to be(false)
  end

  it "refuses while the process it names lives, and leaves the file alone" do
    File.write(path, Process.ppid.to_s)
    expect do
      pid_file.take
    end.to raise_error(Gitlab::Backup::Native::Busy, /already running \(PID #{Process.ppid} in #{path}\)/)
    expect(File.read(path)).to eq(Process.ppid.to_s)
  end

  it "takes the place of a process that is gone, with two lines, and leaves no digit of it" do
    File.write(path, "4194303#{dead_pid}")
    lines = []
    pid_file.take { |*both| lines.concat(both) }
    expect(lines).to match([/\AThe PID file #{path} exists and contains 4194303\d+, but the process is not running\.\z/,
                            "The PID file will be rewritten with the current process ID #{Process.pid}."])
    expect(File.read(path)).to eq(Process.pid.to_s)
  end

  it "takes the place of a process that was given the number of the writer" do
    pid = spawn("sleep", "60")
    File.write(path, pid.to_s)
    File.utime(Time.now - 3600, Time.now - 3600, path)
    pid_file.take { nil }
    expect(pid_file.pid).to eq(Process.pid)
  ensure
    Process.kill(:KILL, pid)
    Process.wait(pid)
  end

  it "takes no offence at words and at its own number" do
    ["", "nonsense", Process.pid.to_s, "-1", "0"].each do |content|
      File.write(path, content)
      expect { pid_file.take { nil } }.not_to raise_error
    end
  end

  it "does not remove what another process has written since" do
    pid_file.take
    File.write(path, "1")
    pid_file.release
    expect(File.read(path)).to eq("1")
  end

  it "does not write through a link" do
    File.symlink("#{temp_dir}/other", path)
    expect { pid_file.take }.to raise_error(Errno::ELOOP)
    expect(File.exist?("#{temp_dir}/other")).to be(false)
  end

  it "does not keep the file locked, as GitLab's task would hang" do
    pid_file.take
    File.open(path) { |file| expect(file.flock(File::LOCK_EX | File::LOCK_NB)).to eq(0) }
  end
end
