# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::ParallelDump do
  include DumpPairs

  before(:context) { sample_database("gbn_parallel") }

  after(:context) { drop_sample_database("gbn_parallel") }

  it "writes what pg_dump writes, byte for byte, over two connections and four" do
    [2, 4].each do |jobs|
      pair = pair_of("gbn_parallel", jobs: jobs)
      expect(pair.dump.connections).to eq(jobs)
      expect_parallel(pair)
    end
  end

  it "writes it over one connection" do
    pair = pair_of("gbn_parallel", jobs: 1)
    expect(pair.dump.connections).to eq(1)
    expect(pair.difference).to be_nil
  end

  it "writes it from ranges of any size" do
    tables = pair_of("gbn_parallel").dump.tally.chunks
    [1, 40_000].each do |bytes|
      cut_into(bytes)
      pair = pair_of("gbn_parallel")
      expect(pair.dump.tally.chunks).to be > tables
      expect_parallel(pair)
    end
  end
end
