# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Remote::PartSize do
  mib = 1024 * 1024

  {
    [0, 5 * mib] => 5,
    [(10_000 * 100 * mib), 100 * mib] => 100,
    [(10_000 * 100 * mib) + 1, 100 * mib] => 101,
    [5 * 1024 * 1024 * mib, 100 * mib] => 525,
    [5 * 1024 * 1024 * mib, 1024 * mib] => 1024,
    [5 * 1024 * 1024 * mib, 0] => 0
  }.each do |(size, chunk), expected|
    it "is #{expected} MiB for #{size} bytes when #{chunk} are configured" do
      expect(described_class.for(size, chunk)).to eq(expected * mib)
    end
  end

  it "never needs more than 10,000 parts up to 5 TiB" do
    sizes = Array.new(1000) { rand(1..(5 * (1024**4))) } << (5 * (1024**4))
    expect(sizes.map { |size| size.fdiv(described_class.for(size, 5 * mib)).ceil }.max).to be <= 10_000
  end
end
