# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Durable do
  it "writes a private file and never over another" do
    path = "#{temp_dir}/file"
    described_class.write(path, "one")
    expect([File.read(path), File.stat(path).mode & 0o777]).to eq(["one", 0o600])
    expect do
      described_class.write(path, "two")
    end.to raise_error(Gitlab::Backup::Native::Error, /cannot write #{path}: File exists/)
  end

  it "says what to do when the disk is full" do
    expect do
      described_class.sync("/dev/null/x")
    end.to raise_error(Gitlab::Backup::Native::Error,
                       "cannot sync /dev/null/x: Not a directory")
    error = Gitlab::Backup::Native::Failure.of("write", "/x", Errno::ENOSPC.new)
    expect([error.message,
            error.errno]).to eq(["cannot write /x: No space left on device (free some space on that file system)", 28])
  end

  it "adds the remedy to a message that has none yet" do
    full = Gitlab::Backup::Native::Error.new("write /x: No space left on device", errno: 28)
    hinted = Gitlab::Backup::Native::Failure.message(full)
    expect(hinted).to eq("write /x: No space left on device (free some space on that file system)")
    again = Gitlab::Backup::Native::Error.new(hinted, errno: 28)
    expect(Gitlab::Backup::Native::Failure.message(again)).to eq(hinted)
    expect(Gitlab::Backup::Native::Failure.message(Gitlab::Backup::Native::Error.new("other"))).to eq("other")
  end

  it "syncs many files and reports the first that fails" do
    paths = Array.new(40) { |index| "#{temp_dir}/#{index}".tap { |path| File.write(path, "") } }
    expect(described_class.sync_all(paths)).to be_nil
    expect { described_class.sync_all(paths + ["#{temp_dir}/missing"]) }
      .to raise_error(Gitlab::Backup::Native::Error, /cannot sync .*missing/)
  end
end
