# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Seal do
  include TinyInstance

  def seal(sums = {})
    described_class.new(temp_dir, owner: Gitlab::Backup::Native::Owner.of(temp_dir), workers: 2, sums: sums).call
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

  it "lists every file but the list and the owner file" do
    seal
    expect(File.readlines("#{temp_dir}/manifest/SHA256SUMS").filter_map { |line| line[/\A\h{64}  (.*)/, 1] })
      .to eq(%w[repositories/a/001.bundle uploads.tar.gz])
    expect(sha256sum(temp_dir).last).to be_success
  end

  it "takes the sums that are known already" do
    known = "0" * 64
    seal("uploads.tar.gz" => known, "gone.tar.gz" => known)
    expect(File.read("#{temp_dir}/manifest/SHA256SUMS")).to match(/\A\h{64}  repos.*\n0{64}  uploads.tar.gz\n# sha256/)
  end

  it "hands everything to the owner of the backup path when root made it" do
    owner = Process.euid.zero? ? 65_534 : Process.euid
    File.chown(owner, nil, temp_dir)
    seal
    expect(Dir.glob("#{temp_dir}/**/*").map { |path| File.stat(path).uid }.uniq).to eq([owner])
  end
end
