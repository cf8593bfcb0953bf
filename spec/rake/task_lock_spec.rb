# frozen_string_literal: true

# Our tasks beside each other and beside GitLab's own, in processes of their own.
RSpec.describe Gitlab::Backup::Native::TaskLock do
  include TinyInstance
  include TaskRuns

  # What GitLab's task does about the lock: flock for moments, the process id from offset 0, the file deleted at the
  # end. It runs until its input ends.
  gitlab_task = <<~RUBY
    path = ARGV.fetch(0)
    File.open(path, File::RDWR | File::CREAT) do |file|
      file.flock(File::LOCK_EX)
      content = file.read
      alive = !content.empty? && begin
        Process.getpgid(content.to_i)
      rescue Errno::ESRCH
        false
      end
      abort("Backup and restore in progress: \#{content}") if alive
      file.rewind
      file.write(Process.pid)
      file.flush
      file.flock(File::LOCK_UN)
    end
    $stdout.puts("running")
    $stdout.flush
    $stdin.read
    File.delete(path)
  RUBY

  hold = <<~RUBY
    task("hold") do
      Gitlab::Backup::Native::TaskRun.call do |context|
        Gitlab::Backup::Native::TaskLock.hold(instance: context.instance, log: context.log) do
          puts "held"
          $stdout.flush
          $stdin.read
          0
        end
      end
    end
  RUBY

  let(:root) { rakefile(tiny_instance, hold) }
  let(:pid_file) { "#{root}/tmp/backup_restore.pid" }

  # A run that has the lock; yields its process id.
  def held
    rake_meanwhile(root, "hold") do |pid, output, input|
      line = output.gets until line == "held\n"
      yield pid, input
    end
  end

  # A backup of nothing but two folders.
  def create(*words, **options)
    rake(root, "gitlab:backup:uploads:create", *words, **options)
  end

  define_method(:gitlab_command) { [RbConfig.ruby, "-e", gitlab_task, pid_file] }

  def gitlab_running
    IO.popen(gitlab_command, "r+") do |io|
      expect(io.gets).to eq("running\n")
      yield io.pid
    end
  end

  def refusal(pid)
    ["Backup and restore in progress:", "  There is a backup and restore task in progress (PID #{pid}).",
     "  Try to run the current task once the previous one ends."]
  end

  it "lets the second of two runs end with three lines and status 1, and the first go on" do
    held do |pid|
      result = create
      expect([result.output.lines(chomp: true), result.errors, result.status.exitstatus]).to eq([refusal(pid), "", 1])
      expect(File.read(pid_file)).to eq(pid.to_s)
    end
    expect(File.exist?(pid_file)).to be(false)
  end

  it "says that it deletes the PID file, also when the task fails" do
    deleted = "Deleting backup and restore PID file at [#{pid_file}] ... done"
    expect(messages(create.output).last).to eq(deleted)
    FileUtils.rm_rf(backups_of(root))
    failed = create
    expect([messages(failed.output), failed.status.exitstatus]).to match([[deleted, /does not exist/], 1])
  end

  it "goes on after a run that was killed, with two lines" do
    killed = nil
    held do |pid, input|
      killed = pid
      Process.kill(:KILL, pid)
      input.close
    end
    result = create
    expect(result.output.lines(chomp: true).first(2))
      .to match(["The PID file #{pid_file} exists and contains #{killed}, but the process is not running.",
                 /\AThe PID file will be rewritten with the current process ID \d+\.\z/])
    expect([result.status.exitstatus, File.exist?(pid_file)]).to eq([0, false])
  end

  it "leaves no digit of a longer process id behind" do
    File.write(pid_file, "99999999999")
    held { |pid| expect(File.read(pid_file)).to eq(pid.to_s) }
  end

  it "goes on where the process id belongs to somebody else by now" do
    stranger = spawn("sleep", "60")
    File.write(pid_file, stranger.to_s)
    File.utime(Time.now - 3600, Time.now - 3600, pid_file)
    result = create
    expect([result.output.lines.first, result.status.exitstatus])
      .to match([/exists and contains #{stranger}, but the process is not running/, 0])
  ensure
    Process.kill(:KILL, stranger)
    Process.wait(stranger)
  end

  it "waits for nobody and disturbs nobody when GitLab's own task runs" do
    gitlab_running do |pid|
      result = create
      expect([result.output.lines(chomp: true), result.status.exitstatus]).to eq([refusal(pid), 1])
      expect(File.read(pid_file)).to eq(pid.to_s)
    end
    expect(create.status.exitstatus).to eq(0)
  end

  it "is seen by GitLab's own task, which does not hang" do
    held do |pid|
      errors, status = Open3.capture2e(*gitlab_command, stdin_data: "")
      expect([errors, status.exitstatus]).to eq(["Backup and restore in progress: #{pid}\n", 1])
    end
  end

  it "follows GitLab's own task that was killed" do
    gitlab_running { |pid| Process.kill(:KILL, pid) }
    expect([create.status.exitstatus, File.exist?(pid_file)]).to eq([0, false])
  end

  it "is quiet with CRON until it fails, and then says why on the standard error" do
    expect(create("CRON=1").then { |result| [result.output, result.errors] }).to eq(["", ""])
    held do |pid|
      result = create("CRON=0")
      expect([result.output, result.errors.lines(chomp: true), result.status.exitstatus]).to eq(["", refusal(pid), 1])
    end
  end

  it "warns of a user who is not GitLab's" do
    config = File.read("#{root}/config/gitlab.yml").sub(/user: .*/, "user: nobody")
    File.write("#{root}/config/gitlab.yml", config)
    expect(create.output.lines(chomp: true).first(5))
      .to eq([" Warning ", "  You are running as user #{Etc.getpwuid.name}, we hope you know what you are doing.",
              "  Things may work/fail for the wrong reasons.",
              "  For correct results you should run this as user nobody.", ""])
  end
end
