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

  # What has not reached the disk cannot be dropped from the page cache.
  def dirty(folder)
    files = Dir.glob("#{folder}/**/*").select { |path| File.file?(path) }
    files.each { |path| File.open(path) { |file| file.advise(:dontneed) } }
    output, status = Open3.capture2("fincore", "--bytes", "--noheadings", "--output", "RES", *files)
    expect(status).to be_success
    output.lines.sum { |line| Integer(line.strip, 10) }
  end

  [true, false].each do |known|
    it "syncs a folder with all below it#{", one by one where the file system cannot tell" unless known}" do
      allow(described_class).to receive(:sync_file_system).and_return(false) unless known
      60.times { |index| FileUtils.mkdir_p("#{temp_dir}/t/#{index % 7}/\xFF#{index}") }
      Dir.glob("#{temp_dir}/t/*/*").each { |folder| File.write("#{folder}/file", "x" * 5000) }
      File.symlink("/nowhere", "#{temp_dir}/t/link")
      stub_const("#{described_class}::BATCH", 7)
      expect(dirty("#{temp_dir}/t")).to be_positive
      described_class.sync_tree("#{temp_dir}/t")
      expect(dirty("#{temp_dir}/t")).to eq(0)
    end
  end

  it "says what a folder is that cannot be synced" do
    expect { described_class.sync_tree("#{temp_dir}/none") }
      .to raise_error(Gitlab::Backup::Native::Error, "cannot sync #{temp_dir}/none: No such file or directory")
  end

  it "syncs many files and reports the first that fails" do
    paths = Array.new(40) { |index| "#{temp_dir}/#{index}".tap { |path| File.write(path, "") } }
    expect(described_class.sync_all(paths)).to be_nil
    expect { described_class.sync_all(paths + ["#{temp_dir}/missing"]) }
      .to raise_error(Gitlab::Backup::Native::Error, /cannot sync .*missing/)
  end
end
