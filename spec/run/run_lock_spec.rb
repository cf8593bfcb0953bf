# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::RunLock do
  include TinyInstance

  let(:root) { tiny_instance }
  let(:instance) { Gitlab::Backup::Native::Instance.find(gitlab_path: root, environment: {}) }
  let(:reporter) { RecordingReporter.new }

  def hold(&block)
    described_class.hold(instance: instance, reporter: reporter, &block)
  end

  it "returns the block's value, with GitLab's PID file there meanwhile only" do
    pid_file = "#{root}/tmp/backup_restore.pid"
    expect(hold { File.read(pid_file) }).to eq(Process.pid.to_s)
    expect([File.exist?(pid_file), File.exist?("#{root}/tmp/backup_restore.lock")]).to eq([false, true])
  end

  it "leaves both files to the owner of the Rails folder's tmp, readable for all, whatever our umask" do
    owner = Process.euid.zero? ? 65_534 : Process.euid
    File.chown(owner, nil, "#{root}/tmp")
    umask = File.umask(0o077)
    found = hold { Dir.glob("#{root}/tmp/*").map { |path| File.stat(path) } }
    expect(found.map { |stat| [stat.uid, stat.mode & 0o777] }).to eq([[owner, 0o644]] * 2)
  ensure
    File.umask(umask) if umask
  end

  it "lets nobody else in, and says who is there" do
    hold do
      expect { hold { raise "never" } }
        .to raise_error(Gitlab::Backup::Native::Error,
                        /already running \(PID #{Process.pid}\); try again when it has ended/)
    end
  end

  it "is released when the block fails, and when the PID file is not to be had" do
    expect { hold { raise "failed" } }.to raise_error("failed")
    File.write("#{root}/tmp/backup_restore.pid", Process.ppid.to_s)
    expect { hold { nil } }.to raise_error(Gitlab::Backup::Native::Error, /PID #{Process.ppid}/)
    File.unlink("#{root}/tmp/backup_restore.pid")
    expect(hold { :in }).to eq(:in)
  end

  it "makes the Rails folder's tmp where there is none" do
    FileUtils.rm_rf("#{root}/tmp")
    expect(hold { Dir.children("#{root}/tmp").sort }).to eq(%w[backup_restore.lock backup_restore.pid])
  end

  it "uses the lock another user made, and does without a PID file it cannot write" do
    write("#{root}/tmp/backup_restore.lock", "")
    File.chmod(0o755, temp_dir)
    File.chmod(0o555, "#{root}/tmp")
    umask = File.umask(0o022)
    instance
    File.open("#{root}/tmp/backup_restore.lock") do |file|
      expect(unprivileged { hold { file.flock(File::LOCK_EX | File::LOCK_NB) } }).to be(false)
    end
    expect(reporter.texts(:warning)).to match([/backup_restore\.pid cannot be written \(Permission denied\)/])
  ensure
    File.umask(umask)
  end

  it "locks in the backup path where the Rails folder cannot be written, and heeds GitLab's PID file" do
    FileUtils.rm_rf("#{root}/tmp")
    File.write("#{root}/tmp", "in the way")
    FileUtils.mkdir_p(backups_of(root))
    expect(hold { names(root) }).to eq([".gbn-backup_restore.lock"])
    expect(reporter.texts(:warning)).to match([/cannot be used for the lock \(Not a directory\)/])
  end
end
