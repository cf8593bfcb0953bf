# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Units do
  it "counts bytes in powers of 1024" do
    expect([0, 1023, 1024, 1_572_864, 1 << 40, 1 << 70].map { |count| described_class.bytes(count) })
      .to eq(["0 B", "1023 B", "1.0 KiB", "1.5 MiB", "1.0 TiB", "1048576.0 PiB"])
  end

  it "shows the two largest units of a duration" do
    expect([0.4, 59, 61, 7260].map do |seconds|
      described_class.duration(seconds)
    end).to eq(%w[0s 59s] + ["1m 01s", "2h 01m"])
  end

  it "knows one from many" do
    expect([described_class.count(1, "file"), described_class.count(2, "file")]).to eq(["1 file", "2 files"])
  end
end
