# frozen_string_literal: true

require "rbconfig"

RSpec.describe Gitlab::Backup::Native::GitlabRake do
  let(:program) { "#{temp_dir}/gitlab-rake" }

  # Runs the task in a process of its own, whose number it returns.
  def call(script)
    File.write(program, "#!/bin/sh\n#{script}\n")
    File.chmod(0o755, program)
    code = "exit(Gitlab::Backup::Native::GitlabRake.new(ARGV[0]).call('a:task', 'MORE' => 'more'))"
    spawn({ "RUBYLIB" => "nowhere" }, RbConfig.ruby, *$LOAD_PATH.map { |folder| "-I#{folder}" },
          "-r", "gitlab/backup/native", "-e", code, program, in: File::NULL, out: "#{temp_dir}/output", chdir: temp_dir)
  end

  it "passes the task and the environment on, without what is of our Ruby, and its lines and status back" do
    status = Process.wait2(call('echo "$1 $MORE $RUBYLIB $(pwd)"; exit 3')).last
    expect([File.read("#{temp_dir}/output"), status.exitstatus]).to eq(["a:task more  #{temp_dir}\n", 3])
  end

  it "tells the signal that ended it" do
    expect(Process.wait2(call("kill -KILL $$")).last.exitstatus).to eq(137)
  end

  it "does not let it outlive us" do
    File.mkfifo("#{temp_dir}/begun")
    pid = call("echo begun > '#{temp_dir}/begun'; exec sleep 1000")
    File.read("#{temp_dir}/begun")
    child = Integer(IO.popen(["pgrep", "-P", pid.to_s], &:read))
    Process.kill(:KILL, pid)
    Process.wait(pid)
    Thread.pass until ended?(child)
    expect(ended?(child)).to be(true)
  end

  # One that nobody has waited for yet has ended as well.
  def ended?(pid)
    File.read("/proc/#{pid}/stat")[/\) (.)/, 1] == "Z"
  rescue Errno::ENOENT, Errno::ESRCH
    true
  end
end
