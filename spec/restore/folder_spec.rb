# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Folder do
  def modes(*paths)
    paths.map { |path| format("%o", File.stat("#{temp_dir}/#{path}").mode & 0o7777) }
  end

  it "is made private, and what it lies in as open as the folder above, but for writing" do
    { 0o755 => "755", 0o2770 => "2750", 0o1777 => "755", 0o700 => "700" }.each do |mode, expected|
      Dir.mkdir("#{temp_dir}/#{expected}-#{mode}")
      File.chmod(mode, "#{temp_dir}/#{expected}-#{mode}")
      described_class.at("#{temp_dir}/#{expected}-#{mode}/public/a/uploads").make
      expect(modes(*%w[public public/a].map { |path| "#{expected}-#{mode}/#{path}" })).to eq([expected] * 2)
      expect(modes("#{expected}-#{mode}/public/a/uploads")).to eq([mode.anybits?(0o2000) ? "2700" : "700"])
    end
  end

  it "leaves the mode of one that is there" do
    FileUtils.mkdir_p("#{temp_dir}/public/uploads", mode: 0o751)
    described_class.at("#{temp_dir}/public/uploads").make
    expect(modes("public", "public/uploads")).to eq(%w[751 751])
  end

  it "belongs to whom the folder above belongs to" do
    skip "only root gives folders away" unless Process.euid.zero?
    Dir.mkdir("#{temp_dir}/rails")
    File.chown(65_534, 65_533, "#{temp_dir}/rails")
    described_class.at("#{temp_dir}/rails/public/uploads").make
    stats = %w[public public/uploads].map { |path| File.stat("#{temp_dir}/rails/#{path}") }
    expect(stats.map { |stat| [stat.uid, stat.gid] }).to all(eq([65_534, 65_533]))
  end
end
