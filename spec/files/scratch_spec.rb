# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Scratch do
  it "gives a private file without a name, for reading and writing" do
    file = described_class.open(temp_dir)
    file.write("\xFFcontent")
    file.rewind
    expect([file.read, format("%o", file.stat.mode), Dir.children(temp_dir)]).to eq(["\xFFcontent".b, "100600", []])
  ensure
    file&.close
  end

  it "gives several at a time" do
    files = [described_class.open(temp_dir), described_class.open(temp_dir)]
    expect(files.map { |file| file.stat.ino }.uniq.size).to eq(2)
  ensure
    files&.each(&:close)
  end
end
