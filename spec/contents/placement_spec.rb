# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Placement do
  def staged(&block)
    described_class.open(temp_dir, overwrite: false) { |placement| block.call(placement.staging) }
  end

  it "removes folders that nobody may look into", if: !Process.euid.zero? do
    staged do |staging|
      Dir.mkdir("#{staging}/closed")
      File.write("#{staging}/closed/file", "")
      File.chmod(0o000, "#{staging}/closed")
    end
    expect(Dir.children(temp_dir)).to eq([])
  end

  # What not even root can take away.
  it "names the folder that stays" do
    attribute = ->(sign, path) { system("chattr", "#{sign}i", path, err: File::NULL) }
    kept = nil
    words = %r{\Acannot remove #{temp_dir}/\.gbn-extract-\w+: .+: remove it by hand\n\z}
    expect do
      staged do |staging|
        File.write(kept = "#{staging}/file", "")
        attribute.call("+", kept) || skip("no file can be made immutable here")
      end
    end.to output(words).to_stderr
    expect(File.exist?(kept)).to be(true)
  ensure
    attribute.call("-", kept)
  end
end
