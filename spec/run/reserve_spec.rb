# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Reserve do
  it "takes files and room, and gives both back" do
    reserve = described_class.new(temp_dir)
    reserve.take
    files = Dir.children(temp_dir).map { |name| File.stat("#{temp_dir}/#{name}") }
    expect([files.size, files.sum(&:size)]).to eq([4, 1 << 20])
    expect(files.sum(&:blocks) * 512).to be >= 1 << 20
    reserve.release
    expect(Dir.children(temp_dir)).to eq([])
  end

  it "says where there is no room for it" do
    expect { described_class.new("#{temp_dir}/missing").take }
      .to raise_error(Gitlab::Backup::Native::Error, /cannot write .*missing/)
  end
end
