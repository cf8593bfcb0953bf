# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Seal do
  include TinyInstance

  def seal(**options)
    described_class.new(temp_dir, owner: Gitlab::Backup::Native::Owner.of(temp_dir), workers: 2, **options).call
  end

  before do
    write("#{temp_dir}/repositories/a/001.bundle", "bundle")
    write("#{temp_dir}/uploads.tar.gz", "archive")
    write("#{temp_dir}/.owner", "")
    FileUtils.mkdir_p("#{temp_dir}/manifest")
  end

  it "makes everything private" do
    File.chmod(0o777, "#{temp_dir}/repositories", "#{temp_dir}/uploads.tar.gz")
    seal
    modes = %w[repositories repositories/a repositories/a/001.bundle uploads.tar.gz manifest/SHA256SUMS]
            .map { |path| File.stat("#{temp_dir}/#{path}").mode & 0o777 }
    expect(modes).to eq([0o700, 0o700, 0o600, 0o600, 0o600])
  end

  it "does so with names that are no text, in a folder of another encoding" do
    folder = "#{temp_dir}/é"
    write("#{folder}/repositories/\xFF", "")
    File.chmod(0o777, "#{folder}/repositories/\xFF")
    FileUtils.mkdir_p("#{folder}/manifest")
    described_class.new(folder, owner: Gitlab::Backup::Native::Owner.of(temp_dir), workers: 2).call
    expect(File.stat("#{folder}/repositories/\xFF").mode & 0o777).to eq(0o600)
  end

  it "lists every file but the list and the owner file" do
    seal
    expect(File.readlines("#{temp_dir}/manifest/SHA256SUMS").filter_map { |line| line[/\A\h{64}  (.*)/, 1] })
      .to eq(%w[repositories/a/001.bundle uploads.tar.gz])
    expect(sha256sum(temp_dir).last).to be_success
  end

  it "takes the sums that are known already" do
    known = "0" * 64
    seal(sums: { "uploads.tar.gz" => known, "gone.tar.gz" => known })
    expect(File.read("#{temp_dir}/manifest/SHA256SUMS")).to match(/\A\h{64}  repos.*\n0{64}  uploads.tar.gz\n# sha256/)
  end

  describe "with thousands of files" do
    let(:bundles) { Array.new(described_class::MANY) { |number| "#{temp_dir}/repositories/a/#{number}.bundle" } }

    before do
      bundles.each { |path| File.write(path, "bundle") }
      skip "this file system keeps all files in memory" if forgotten(temp_dir) != 0
    end

    # Bytes in the page cache after all that is on the disk was dropped from it.
    def forgotten(folder)
      path = "#{folder}/probe"
      File.write(path, "x" * 5000)
      File.open(path) { |file| file.fsync && file.advise(:dontneed) }
      cached([path]).tap { File.unlink(path) }
    end

    def cached(paths)
      output, status = Open3.capture2("fincore", "--bytes", "--noheadings", "--output", "RES", *paths)
      expect(status).to be_success
      output.lines.sum { |line| Integer(line.strip, 10) }
    end

    # What has not reached the disk cannot be dropped from the page cache.
    it "has them on the disk before they are dropped from memory" do
      expect(cached(bundles)).to be_positive
      File.open("#{temp_dir}/.owner") { |file| seal(opened: file) }
      expect(cached(bundles)).to eq(0)
      expect(sha256sum(temp_dir).last).to be_success
    end

    it "drops those that were hashed before, too" do
      sums = bundles.to_h { |path| [path.delete_prefix("#{temp_dir}/"), Digest::SHA256.file(path).hexdigest] }
      File.open("#{temp_dir}/.owner") { |file| seal(opened: file, sums: sums) }
      expect(cached(bundles)).to eq(0)
      expect(sha256sum(temp_dir).last).to be_success
    end

    it "has them there as well where a file system cannot tell that all of it is" do
      File.open("/proc/self/status") do |file|
        expect(Gitlab::Backup::Native::Durable.sync_file_system(file)).to be(false)
        seal(opened: file)
      end
      expect(cached(bundles)).to eq(0)
    end
  end

  it "hands everything to the owner of the backup path when root made it" do
    owner = Process.euid.zero? ? 65_534 : Process.euid
    File.chown(owner, nil, temp_dir)
    seal
    expect(Dir.glob("#{temp_dir}/**/*").map { |path| File.stat(path).uid }.uniq).to eq([owner])
  end
end
