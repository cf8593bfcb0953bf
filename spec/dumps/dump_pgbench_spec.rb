# frozen_string_literal: true

# pgbench's tables while pgbench works on them as fast as it can.
RSpec.describe Gitlab::Backup::Native::ParallelDump do
  include DatabaseInstance
  include DumpPairs

  let(:name) { "gbn_pgbench" }

  before { cluster.create_database(name) }

  after { cluster.query("DROP DATABASE #{name} WITH (FORCE)") }

  def pgbench(*arguments)
    [{ "PGHOST" => cluster.directory, "PGUSER" => PostgresCluster::SUPERUSER, "PGDATABASE" => name },
     "#{PostgresCluster.bin_folder}/pgbench", *arguments, { %i[out err] => File::NULL }]
  end

  def under_load
    pid = spawn(*pgbench("--client=4", "--time=3000"))
    eventually { transactions > 100 }
    yield
  ensure
    Process.kill(:TERM, pid)
    Process.wait(pid)
  end

  def transactions
    Integer(cluster.query("SELECT count(*) FROM pgbench_history", database: name))
  end

  # Dumps at that scale; the load has to go on meanwhile.
  def dump_under_load(scale)
    expect(system(*pgbench("--initialize", "--quiet", "--scale=#{scale}", "--foreign-keys"))).to be(true)
    under_load do
      before = transactions
      pair = pair_of(name)
      expect(transactions).to be > before + 10
      pair
    end
  end

  it "writes one moment of them" do
    cut_into(1_000_000)
    expect_parallel(dump_under_load(2), at_least: 3)
  end

  it "writes one moment of them at scale 20", deep: true do
    expect_parallel(dump_under_load(20), at_least: 3)
  end
end
