# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::VerifyFolder do
  # Folders in temp_dir that were there when a new one was made, and that one is gone afterwards.
  def open_another
    described_class.open(temp_dir) { |path| Dir.children(temp_dir) - [File.basename(path)] }
  end

  # A verification in another process: yields its pid and its folder.
  def elsewhere
    script = "require 'gitlab/backup/native'; #{described_class}.open(#{temp_dir.inspect}) do |path| " \
             "File.write(path + '/some', ''); puts path; $stdout.flush; sleep; end"
    IO.popen([RbConfig.ruby, "-I#{$LOAD_PATH.grep(/./).join(":")}", "-e", script]) do |io|
      path = io.gets.chomp
      yield io.pid, path
    ensure
      Process.kill(:KILL, io.pid)
    end
  end

  it "goes with what is in it" do
    expect(described_class.open(temp_dir) { |path| File.write("#{path}/a", "") }).to eq(0)
    expect(Dir.children(temp_dir)).to eq([])
  end

  it "removes that of a process that was killed, and leaves that of one that lives" do
    folder = elsewhere do |_, path|
      expect(open_another).to eq([File.basename(path)])
      path
    end
    expect(File).to exist("#{folder}/some")
    expect(open_another).to eq([])
  end

  it "leaves one whose lock somebody holds, whoever made it, and what has another name" do
    folder = "#{temp_dir}/gbn-verify-20260101-#{Process.pid}-abc"
    FileUtils.mkdir([folder, "#{temp_dir}/gbn-verify-mine"])
    File.write("#{folder}/.owner", "")
    File.symlink(folder, "#{folder}x")
    File.open("#{folder}/.owner") do |file|
      file.flock(File::LOCK_EX)
      expect(open_another.size).to eq(3)
    end
    expect(open_another).to contain_exactly("gbn-verify-mine", "#{File.basename(folder)}x")
  end

  it "leaves those of other users, but for the account's", if: Process.euid.zero? do
    folder = "#{temp_dir}/gbn-verify-20260101-#{Process.pid}-abc"
    Dir.mkdir(folder)
    File.chown(12_345, nil, folder)
    expect(open_another).to eq([File.basename(folder)])
    account = Gitlab::Backup::Native::Account.new(uid: 12_345)
    described_class.open(temp_dir, account: account) { expect(File).not_to exist(folder) }
  end
end
