# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::WorkDirectory do
  def open(&block)
    described_class.open(temp_dir, backup_id: "id", &block)
  end

  it "is private, named like upstream's, and held by its owner" do
    open do |work|
      expect(File.basename(work.path)).to match(/\Abackup\d{8}-#{Process.pid}-[a-z0-9]{6}\z/)
      expect(File.stat(work.path).mode & 0o777).to eq(0o700)
      File.open("#{work.path}/.owner") { |file| expect(file.flock(File::LOCK_EX | File::LOCK_NB)).to be(false) }
      expect(JSON.parse(File.read("#{work.path}/.owner"))).to include("pid" => Process.pid, "backup_id" => "id")
    end
  end

  it "is removed when nothing was published, also after a failure" do
    open { |work| File.write("#{work.path}/product", "") }
    expect { open { raise "failed" } }.to raise_error("failed")
    expect(Dir.children(temp_dir)).to eq([])
  end

  it "becomes the backup, without its owner file" do
    open do |work|
      File.write("#{work.path}/product", "")
      expect(work.publish("id")).to eq("#{temp_dir}/id")
    end
    expect([Dir.children(temp_dir), Dir.children("#{temp_dir}/id")]).to eq([["id"], ["product"]])
  end

  it "never takes a name that is in use, be it a folder, a file or a dangling link" do
    { "folder" => -> { Dir.mkdir("#{temp_dir}/folder") }, "file" => -> { File.write("#{temp_dir}/file", "") },
      "link" => -> { File.symlink("nowhere", "#{temp_dir}/link") } }.each do |name, make|
      make.call
      expect do
        open do |work|
          work.publish(name)
        end
      end.to raise_error(Gitlab::Backup::Native::Error, /#{name} already exists: choose another --backup-id/)
    end
    expect(Dir.children(temp_dir).sort).to eq(%w[file folder link])
  end

  it "belongs to the owner of the backup path, also when root makes it" do
    owner = Process.euid.zero? ? 65_534 : Process.euid
    File.chown(owner, nil, temp_dir)
    open { |work| expect([work.path, "#{work.path}/.owner"].map { |path| File.stat(path).uid }.uniq).to eq([owner]) }
  end

  it "says why it cannot be made" do
    expect { described_class.open("#{temp_dir}/missing", backup_id: "id") { nil } }
      .to raise_error(Gitlab::Backup::Native::Error, %r{make the work directory .*/missing/backup.*: No such file or})
  end
end
