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

  it "has no name for a single moment where the file system can do without" do
    File.write("#{temp_dir}/.gbn-scratch-#{Process.pid}-#{Thread.current.object_id}", "in the way of a name")
    described_class.open(temp_dir).close
    expect(Dir.children(temp_dir).size).to eq(1)
  end
end
