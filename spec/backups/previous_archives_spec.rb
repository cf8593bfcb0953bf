# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::PreviousArchives do
  include TinyInstance
  include OuterTars
  include TaskRuns

  let(:native) { Gitlab::Backup::Native }
  let(:root) { tiny_instance }
  let(:base) { backups_of(root) }
  let(:monitor) { RecordingMonitor.new }
  let(:job) { native::ComponentJob.new(monitor: monitor) }
  let(:components) { native::Components::Files.all(nil).to_h { |component| [component.id, component] } }

  # A backup that is so old. Returns its folder.
  def made(id, only: "uploads,builds", age: 0, **options)
    cli("backup", "all", "--gitlab-path", root, "--backup-id", id, "--full", "--only", only, **options)
    path = ["#{base}/#{id}", "#{base}/#{id}.incomplete"].find { |folder| File.directory?(folder) }
    file = "#{path}/backup_information.json"
    return path if age.zero?

    File.write(file, JSON.generate(JSON.parse(File.read(file)).merge("created_at" => (Time.now - age).utc.iso8601)))
    path
  end

  # The same as a tar alone. Returns its path.
  def tarred(id, **options)
    made(id, **options)
    cli("export-tar", id, "--gitlab-path", root)
    FileUtils.rm_rf("#{base}/#{id}")
    "#{base}/#{id}_gitlab_backup.tar"
  end

  # Yields what the newest backups have.
  def newest(**options)
    archives = described_class.newest(base, **options)
    yield archives
  ensure
    archives.close
  end

  # {component => id of the backup that serves}
  def serving(*ids, **options)
    newest(**options) { |archives| ids.to_h { |id| [id, archives.of(components[id], job)&.id] } }
  end

  def flip(path, offset)
    byte = File.binread(path, 1, offset).ord
    File.binwrite(path, (byte ^ 0xFF).chr, offset)
  end

  it "has for each component the newest backup that holds it" do
    made("one", age: 90)
    made("two", only: "uploads", age: 60)
    old_backup(root, "foreign", seconds_ago: 30)
    expect(serving("uploads", "builds", "lfs")).to eq("uploads" => "two", "builds" => "one", "lfs" => nil)
    expect([monitor.lines, monitor.warnings]).to eq([[], []])
  end

  it "points to the product in the folder, and to a copy of the manifest that nobody else changes" do
    path = made("one")
    newest do |archives|
      core = archives.of(components["uploads"], job).to_core
      expect([core[:product], core[:manifest] == "#{path}/manifest/uploads.msgpack"])
        .to eq(["#{path}/uploads.tar.gz", false])
      expect(FileUtils.identical?("#{path}/manifest/uploads.msgpack", core[:manifest])).to be(true)
      expect(File.stat(File.dirname(core[:manifest], 2)).mode & 0o777).to eq(0o700)
    end
    expect(Dir.children(base)).to eq(["one"])
  end

  it "finds the product within a tar, and puts the manifest where it can be read for the moment" do
    tar = tarred("one")
    product, manifest = %w[uploads.tar.gz manifest/uploads.msgpack].map do |name|
      Open3.capture2("tar", "-xOf", tar, name, binmode: true).first
    end
    newest do |archives|
      core = archives.of(components["uploads"], job).to_core
      path, offset, length = core[:product]
      expect([path, File.binread(path, length, offset), File.binread(core[:manifest])]).to eq([tar, product, manifest])
    end
    expect(Dir.children(base)).to eq([File.basename(tar)])
  end

  it "reads no product, in a folder or in a tar" do
    write("#{root}/public/uploads/large", Random.new(1).bytes(4 << 20))
    tarred("one", only: "uploads")
    made("two", only: "builds")
    before = File.read("/proc/self/io")[/^rchar: (\d+)/, 1].to_i
    expect(serving("uploads", "builds")).to eq("uploads" => "one", "builds" => "two")
    expect(File.read("/proc/self/io")[/^rchar: (\d+)/, 1].to_i - before).to be < 1 << 20
  end

  {
    "has no summary" => ->(path) { File.delete("#{path}/manifest/summary.json") },
    "was renamed" => ->(path) { File.rename(path, "#{path}-kept") },
    "has no manifest" => ->(path) { File.delete("#{path}/manifest/uploads.msgpack") },
    "has a damaged manifest" => ->(path) { flip("#{path}/manifest/uploads.msgpack", 40) },
    "has another list of checksums" => ->(path) { File.write("#{path}/manifest/SHA256SUMS", "a\n", mode: "a") },
    "has no list of checksums" => ->(path) { File.delete("#{path}/manifest/SHA256SUMS") },
    "has no product" => ->(path) { File.delete("#{path}/uploads.tar.gz") },
    "has half a product" => ->(path) { File.truncate("#{path}/uploads.tar.gz", 30) },
    "has a link for a product" => lambda do |path|
      File.rename("#{path}/uploads.tar.gz", "#{path}/other")
      File.symlink("other", "#{path}/uploads.tar.gz")
    end,
    "is gone" => ->(path) { FileUtils.rm_rf(path) }
  }.each do |what, harm|
    it "passes over a backup that #{what}" do
      made("one", age: 90)
      instance_exec(made("two", age: 60), &harm)
      expect(serving("uploads")).to eq("uploads" => "one")
    end
  end

  it "passes over a tar that is cut off, and one that lost its manifest" do
    made("one", age: 90)
    tar = tarred("two")
    File.truncate(tar, File.size(tar) / 1024 * 512)
    expect(serving("uploads")).to eq("uploads" => "one")
    tar = tarred("three")
    run_tool("tar", "--delete", "--file=#{tar}", "manifest/uploads.msgpack")
    expect(serving("uploads", "builds")).to eq("uploads" => "one", "builds" => "three")
  end

  it "passes over what failed, and what another codec has packed" do
    made("one", age: 90)
    made("two", age: 60, environment: { "GBN_CODEC" => "zlib" })
    made("three", only: "uploads,db")
    expect(Dir.children(base)).to contain_exactly("one", "two", "three.incomplete")
    expect(serving("uploads")).to eq("uploads" => native::Codec.default == "zlib" ? "two" : "one")
  end

  it "passes over what COMPRESS_CMD has packed" do
    rake(root, "gitlab:backup:create", "SKIP=#{TaskRuns::NO_DATABASE}", "COMPRESS_CMD=gzip -c")
    expect([names(root).size, serving("uploads")]).to eq([1, { "uploads" => nil }])
    rake(root, "gitlab:backup:create", "SKIP=#{TaskRuns::NO_DATABASE}", "BACKUP=two")
    expect(serving("uploads")).to eq("uploads" => "two")
  end

  it "does not ask which GitLab made the backup" do
    made("one")
    File.write("#{root}/VERSION", "19.0.0")
    expect(serving("uploads")).to eq("uploads" => "one")
  end

  describe "of one backup alone" do
    def opened(id, *wanted, &block)
      described_class.open(native::ReuseOptions.new(previous: id), base: base, reporter: RecordingReporter.new,
                                                                   components: components.values_at(*wanted), &block)
    end

    it "are those that it holds" do
      made("one", only: "builds", age: 90)
      made("two", only: "uploads")
      found = opened("one", "uploads", "builds") do |archives|
        %w[uploads builds].map { |id| archives.of(components[id], job)&.id }
      end
      expect(found).to eq([nil, "one"])
    end

    it "is refused when it cannot serve" do
      path = made("one", only: "uploads")
      expect { opened("none", "uploads") { raise } }.to raise_error(native::Error, /there is no backup "none" in/)
      expect { opened("one", "builds") { raise } }
        .to raise_error(native::Error, /backup one: it holds no archive of Builds; name another one with --previous/)
      flip("#{path}/manifest/uploads.msgpack", 40)
      expect { opened("one", "uploads") { raise } }
        .to raise_error(native::Error, /manifest.uploads\.msgpack of one is not used: it differs from .*; name another/)
      File.truncate("#{path}/uploads.tar.gz", 30)
      expect { opened("one", "uploads") { raise } }
        .to raise_error(native::Error, /uploads\.tar\.gz has 30 bytes instead of \d+; name another one/)
    end

    it "leaves nothing behind when it is refused" do
      tar = tarred("one")
      flip(tar, File.binread(tar).rindex("header".b) + 20)
      expect { opened("one", "uploads") { raise } }.to raise_error(native::Error, /is not used/)
      expect(Dir.children(base)).to eq([File.basename(tar)])
    end
  end
end
