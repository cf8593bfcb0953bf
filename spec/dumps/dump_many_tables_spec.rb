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

  describe "with a server that writes down what it is asked" do
    let(:cluster) do
      PostgresCluster.new(log_statement: "all", log_min_messages: "log", log_line_prefix: "%a|").start
    end

    after { cluster.remove }

    it "locks a hundred tables at once, and asks nothing else of each of them" do
      few, many = [10, 410].map { |count| planning(count) }
      expect(many.map { |line| line.scan("ONLY public.t").size }.max).to eq(100)
      expect(many.size - few.size).to eq(4)
    end

    # What planning the dump of so many tables asks the server: statements, without those that look after locks as
    # time goes by.
    def planning(count)
      cluster.create_database("gbn_planned")
      cluster.query("SELECT format('CREATE TABLE t%s (id bigserial PRIMARY KEY)', i) " \
                    "FROM generate_series(1, #{count}) i \\gexec", database: "gbn_planned")
      with_snapshot("gbn_planned") do |snapshot|
        before = File.size(log)
        parallel_dump(snapshot, jobs: 1).open { nil }
        File.read(log, nil, before).lines.grep(/\Agitlab-backup-native\|.*statement:/)
            .reject { |line| line.include?(Gitlab::Backup::Native::LockWatch::FORGET) }
      end
    end

    def log
      "#{cluster.directory}/log"
    end
  end
end
