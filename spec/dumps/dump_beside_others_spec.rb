# frozen_string_literal: true

require "pg"

# What others do to the tables while they are dumped.
RSpec.describe Gitlab::Backup::Native::ParallelDump do
  include DatabaseInstance
  include DumpPairs
  include DumpSteps

  # More than the readers may hold between them.
  tables = <<~SQL
    CREATE TABLE big (id int PRIMARY KEY, t text, n int DEFAULT 0);
    INSERT INTO big SELECT i, repeat(md5(i::text), 25), 0 FROM generate_series(1, 26000) i;
    CREATE INDEX big_n ON big (n);
    CREATE TABLE outside (id int PRIMARY KEY, t text);
    ALTER TABLE outside ALTER t SET STORAGE EXTERNAL;
    INSERT INTO outside SELECT i, repeat(md5(i::text), 400) FROM generate_series(1, 700) i;
    CREATE TABLE tail (id int, t text);
    INSERT INTO tail SELECT i, repeat('t', 500) FROM generate_series(1, 6000) i;
  SQL

  let(:name) { "gbn_beside" }

  before(:context) do
    cluster.create_database("gbn_beside_model")
    cluster.query(tables, database: "gbn_beside_model")
  end

  after(:context) { cluster.query("DROP DATABASE gbn_beside_model") }

  before do
    cluster.query("CREATE DATABASE #{name} TEMPLATE gbn_beside_model")
    cut_into(500_000)
  end

  after { cluster.query("DROP DATABASE #{name} WITH (FORCE)") }

  def query(sql)
    cluster.query(sql, database: name)
  end

  def expect_same_as(theirs, text, dump)
    expect_parallel(DumpPairs::Pair.new(text, theirs, dump))
  end

  # A dump of which a step does that; it has to be the text of the moment before.
  def expect_unmoved(jobs: 3, &step)
    with_snapshot(name) do |snapshot|
      theirs = stock_dump(snapshot)
      dump = parallel_dump(snapshot, jobs: jobs)
      expect_same_as(theirs, stepped_text(dump, &step), dump)
    end
  end

  # Number n of the rounds others work on the tables.
  def round(number)
    <<~SQL
      INSERT INTO big SELECT i, 'new' FROM generate_series(#{100_000 * number}, #{(100_000 * number) + 500}) i;
      UPDATE big SET t = 'changed', n = #{number} WHERE id % 7 = #{number % 7};
      DELETE FROM big WHERE id % 23 = #{number % 23};
      UPDATE outside SET t = repeat('u', 9000) WHERE id % 5 = #{number % 5};
      DELETE FROM outside WHERE id % 11 = #{number % 11};
      UPDATE tail SET t = 'x' WHERE id % 3 = #{number % 3};
      INSERT INTO tail VALUES (#{-number}, 'new');
      #{"VACUUM big, outside, tail;" if (number % 10).zero?}
    SQL
  end

  it "does not see what is inserted, updated and deleted all through it" do
    rounds = 0
    expect_unmoved { query(round(rounds += 1)) }
    expect(rounds).to be > 15
    expect(query("SELECT count(*) FROM big WHERE t IN ('new', 'changed')").to_i).to be > 2_000
  end

  it "does not see temporary tables, nor what nobody has committed" do
    connection = PG.connect(host: cluster.directory, user: "postgres", dbname: name)
    connection.exec("CREATE TEMPORARY TABLE passing AS SELECT generate_series(1, 9000) AS id")
    connection.exec("BEGIN; CREATE TABLE pending AS SELECT 1 AS id; INSERT INTO tail VALUES (-1, 'pending'); " \
                    "DELETE FROM big")
    with_snapshot(name) do |snapshot|
      dump = parallel_dump(snapshot)
      text = our_text(dump)
      expect(text).not_to match(/passing|pending/)
      expect_same_as(stock_dump(snapshot), text, dump)
    end
  ensure
    connection&.close
  end

  it "reads a table that VACUUM would make shorter, and may only when it has ended" do
    query("DELETE FROM tail WHERE id > 100")
    before = query("SELECT pg_relation_size('tail')").to_i
    vacuum = nil
    expect_unmoved do
      next if vacuum

      vacuum = Thread.new { query("VACUUM tail") }
      eventually { query("SELECT phase FROM pg_stat_progress_vacuum") == "truncating heap" }
      expect(query("SELECT pg_relation_size('tail')").to_i).to eq(before)
    end
    vacuum.join
    query("VACUUM tail")
    expect(query("SELECT pg_relation_size('tail')").to_i).to be < before / 10
  end

  it "reads a table that VACUUM made shorter between snapshot and dump" do
    query("DELETE FROM tail WHERE id > 100")
    with_snapshot(name) do |snapshot|
      theirs = stock_dump(snapshot)
      before = query("SELECT pg_relation_size('tail')").to_i
      query("VACUUM tail")
      expect(query("SELECT pg_relation_size('tail')").to_i).to be < before / 10
      dump = parallel_dump(snapshot)
      expect_same_as(theirs, our_text(dump), dump)
    end
  end

  it "reads a table that grew between snapshot and dump" do
    with_snapshot(name) do |snapshot|
      theirs = stock_dump(snapshot)
      query("UPDATE tail SET t = 'moved'; INSERT INTO tail SELECT i, 'more' FROM generate_series(1, 20000) i")
      dump = parallel_dump(snapshot)
      expect_same_as(theirs, our_text(dump), dump)
    end
  end

  it "finds what pg_dump finds where a table was made, or given a column, between snapshot and dump" do
    with_snapshot(name) do |snapshot|
      query("ALTER TABLE big ADD later int; CREATE TABLE later (id int)")
      theirs = stock_dump(snapshot)
      dump = parallel_dump(snapshot)
      expect_same_as(theirs, our_text(dump), dump)
    end
  end

  { "emptied" => ["TRUNCATE tail", /tail was truncated or rewritten/],
    "dropped" => ["DROP TABLE tail", /relation "public.tail" does not exist/] }.each do |what, (sql, message)|
    it "is to start anew where a table was #{what} between snapshot and dump" do
      with_snapshot(name) do |snapshot|
        query(sql)
        expect { our_text(parallel_dump(snapshot)) }.to raise_error(have_attributes(status: :stale, message: message))
      end
    end
  end

  it "lets changes of the tables wait until it has ended" do
    changes = ["ALTER TABLE tail ADD later int", "DROP TABLE outside", "TRUNCATE big"]
    threads = nil
    expect_unmoved { threads ||= changes.map { |sql| blocked(sql, name) } }
    threads.each(&:join)
    expect(query("SELECT later IS NULL FROM tail LIMIT 1")).to eq("t")
    expect(query("SELECT to_regclass('outside') IS NULL, count(*) FROM big")).to eq("t|0")
  end

  it "lets VACUUM FULL and DROP INDEX wait, and CREATE INDEX pass" do
    threads = nil
    expect_unmoved do
      next if threads

      query("CREATE INDEX passing ON tail (id)")
      threads = ["DROP INDEX big_n", "VACUUM FULL tail"].map { |sql| blocked(sql, name) }
    end
    threads.each(&:join)
    expect(query("SELECT to_regclass('big_n') IS NULL")).to eq("t")
  end

  it "lets indexes wait that are rebuilt or dropped beside others" do
    threads = nil
    changes = ["REINDEX INDEX CONCURRENTLY big_n", "DROP INDEX CONCURRENTLY outside_n"]
    query("CREATE INDEX outside_n ON outside (length(t))")
    expect_unmoved { threads ||= changes.map { |sql| blocked(sql, name) } }
    threads.each(&:join)
    expect(query("SELECT to_regclass('outside_n') IS NULL, to_regclass('big_n') IS NULL")).to eq("t|f")
  end

  # One connection comes to a table whose index others have locked, behind whoever waits for them.
  it "does not stand still when an index is to be rebuilt" do
    stub_const("Gitlab::Backup::Native::DumpSession::WAITING", "SET lock_timeout = '300ms'")
    query("CREATE ACCESS METHOD whole TYPE TABLE HANDLER heap_tableam_handler; " \
          "CREATE TABLE ahead (t text) USING whole; " \
          "INSERT INTO ahead SELECT repeat(md5(i::text), 60) FROM generate_series(1, 10000) i")
    rebuild = nil
    expect_unmoved { rebuild ||= blocked("REINDEX INDEX big_n", name) }
    rebuild.join
  end

  it "leaves no lock and no session behind" do
    expect_unmoved { nil }
    expect(query("SELECT count(*) FROM pg_stat_activity WHERE datname = '#{name}'")).to eq("1")
  end
end
