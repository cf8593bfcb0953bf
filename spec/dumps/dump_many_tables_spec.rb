# frozen_string_literal: true

# A schema of GitLab's size.
RSpec.describe Gitlab::Backup::Native::ParallelDump do
  include DumpPairs

  let(:name) { "gbn_many" }

  before(:context) do
    cluster.create_database("gbn_many")
    cluster.query("SET client_min_messages = error;\n#{DumpSamples.sql("many_tables")}", database: "gbn_many")
  end

  after(:context) { cluster.query("DROP DATABASE gbn_many WITH (FORCE)") }

  def count(condition)
    Integer(cluster.query("SELECT count(*) FROM pg_class WHERE oid >= 16384 AND #{condition}", database: name))
  end

  it "writes 1,500 tables, 300 of them partitions, with 4,000 indexes, as pg_dump does" do
    expect(count("relkind IN ('r', 'p')")).to eq(1500)
    expect(count("relispartition AND relkind = 'r'")).to eq(300)
    expect(count("relkind IN ('i', 'I') AND relnamespace <> 'pg_toast'::regnamespace")).to be_between(3900, 4100)
    pair = pair_of(name)
    expect_parallel(pair, at_least: 3)
    expect(pair.dump.tally.chunks).to be > 1200
  end

  it "plans them within three seconds", deep: true do
    with_snapshot(name) do |snapshot|
      times = Array.new(3) { planning_time(parallel_dump(snapshot)) }
      warn(format("planning the dump of 1,500 tables: %.2f s", times.min))
      expect(times.min).to be < 3
    end
  end

  def planning_time(dump)
    before = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    dump.open { Process.clock_gettime(Process::CLOCK_MONOTONIC) - before }
  end
end
