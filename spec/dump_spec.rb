# frozen_string_literal: true

require "open3"
require "tempfile"

RSpec.describe Gitlab::Backup::Native::Dump do
  let(:cluster) { PostgresCluster.shared }
  let(:database) { "gbn_dump" }
  let(:session) { ["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "SET LOCAL enable_seqscan = off"] }

  before do
    cluster.create_database(database)
    cluster.query(<<~SQL, database: database)
      CREATE TABLE many (id int, text text);
      INSERT INTO many SELECT i, repeat(md5(i::text), i % 20) FROM generate_series(1, 60000) AS i;
      CREATE TABLE few (id int);
      INSERT INTO few VALUES (1), (2);
      CREATE TABLE none (id int);
      CREATE TABLE columnless ();
      INSERT INTO columnless DEFAULT VALUES;
    SQL
  end

  def params
    { host: cluster.directory, user: "postgres", dbname: database }
  end

  def pages(name)
    Integer(cluster.query("SELECT pg_relation_size('#{name}') / 8192", database: database))
  end

  def table(name, columns, step:, **more)
    Gitlab::Backup::Native::Dump::Table.new(
      name: name, before: "before #{name}\n", after: "after #{name}\n", select: "SELECT #{columns} FROM ONLY #{name}",
      blocks: pages(name), step: step, lock: "LOCK TABLE #{name} IN ACCESS SHARE MODE NOWAIT", **more
    )
  end

  def tables(step: 7, **more)
    [table("many", "id, text", step: step, **more), table("few", "id", step: step), table("none", "id", step: step),
     Gitlab::Backup::Native::Dump::Table.new(name: "text", before: "text alone\n"),
     Gitlab::Backup::Native::Dump::Table.new(name: "all", copy: "COPY few TO STDOUT"),
     table("columnless", "", step: step)]
  end

  # What psql's COPY gives, one table after the other.
  def expected
    rows = ->(name) { cluster.query("COPY #{name} TO STDOUT", database: database) }
    "before many\n#{rows.call("many")}\nafter many\nbefore few\n1\n2\nafter few\nbefore none\nafter none\n" \
      "text alone\n1\n2\nbefore columnless\n\nafter columnless\n"
  end

  def run(tables, connections: 3, &block)
    Tempfile.create("gbn-dump") do |file|
      described_class.open do |dump|
        (connections + 1).times { dump.connect(params, session) }
        dump.run(tables, file, &block)
      end
      File.binread(file.path)
    end
  end

  def sessions
    Integer(cluster.query("SELECT count(*) FROM pg_stat_activity WHERE datname = '#{database}'"))
  end

  it "writes what one connection would, whatever the ranges and connections" do
    wanted = expected
    [[1, 1], [1, 4], [7, 3], [100_000, 2]].each do |step, connections|
      expect(run(tables(step: step), connections: connections)).to eq(wanted)
    end
  end

  it "counts rows and bytes of each table" do
    rows = ->(name) { cluster.query("COPY #{name} TO STDOUT", database: database) }
    tallies = nil
    Tempfile.create("gbn-dump") do |file|
      described_class.open do |dump|
        3.times { dump.connect(params, session) }
        tallies = dump.run(tables, file)
        expect(dump.tallies).to eq(tallies)
      end
    end
    many = rows.call("many")
    expect(tallies).to eq([[60_000, many.bytesize + 1], [2, 4], [0, 0], [0, 0], [2, 4], [1, 1]])
  end

  it "reads wide rows one connection at a time" do
    expect(run(tables(wide: true))).to eq(expected)
  end

  # Somebody waits for a lock that the keeper has while it dumps.
  def expect_same_beside(statement, keeper, reader)
    wanted = expected
    list = tables
    described_class.open do |dump|
      dump.connect(params, [*session, "LOCK TABLE many, few, none IN ACCESS SHARE MODE", *keeper])
      3.times { dump.connect(params, [*reader, *session]) }
      waiting = Thread.new { cluster.query(statement, database: database) }
      Thread.pass until cluster.query("SELECT count(*) FROM pg_locks WHERE NOT granted") != "0"
      Tempfile.create("gbn-dump") do |file|
        dump.run(list, file)
        expect(File.binread(file.path)).to eq(wanted)
      end
      dump.close
      waiting.join
    end
  end

  it "leaves to the keeper what others may not lock any more" do
    expect_same_beside("ALTER TABLE many ADD added int", [], [])
  end

  # The planner of a COPY locks each index; that of the table does not cover it.
  it "leaves to the keeper a table whose index somebody waits for" do
    cluster.query("CREATE INDEX many_id ON many (id)", database: database)
    expect_same_beside("REINDEX INDEX many_id", ["DECLARE planned CURSOR FOR SELECT FROM many", "CLOSE planned"],
                       ["SET lock_timeout = '100ms'"])
  end

  it "has the locks of no table any more when it is done" do
    described_class.open do |dump|
      3.times { dump.connect(params, session) }
      Tempfile.create("gbn-dump") { |file| dump.run(tables, file) }
      expect(cluster.query("SELECT count(*) FROM pg_locks WHERE relation::regclass::text ~ 'many|few|none|columnless'",
                           database: database)).to eq("0")
    end
  end

  it "names the table that cannot be read, and leaves no session behind" do
    broken = tables << Gitlab::Backup::Native::Dump::Table.new(name: "public.gone", copy: "COPY gone TO STDOUT")
    expect { run(broken) }
      .to raise_error(Gitlab::Backup::Native::DatabaseError, /dump the table public\.gone: relation "gone" does not/)
    division = "COPY (SELECT 1 / (3 - id) FROM generate_series(1, 5) id) TO STDOUT"
    lost = tables << Gitlab::Backup::Native::Dump::Table.new(name: "bad", copy: division)
    expect { run(lost) }.to raise_error(Gitlab::Backup::Native::DatabaseError, /table bad: division by zero/)
    expect(sessions).to eq(0)
  end

  it "says which statement of the session is refused" do
    described_class.open do |dump|
      expect { dump.connect(params, ["BEGIN", "LOCK TABLE gone"]) }
        .to raise_error(Gitlab::Backup::Native::DatabaseError, /\A42P01 relation "gone" does not exist/)
    end
  end

  it "ends at a reader that goes away, at a signal, and with the server" do
    reader, writer = IO.pipe
    reader.close
    described_class.open do |dump|
      3.times { dump.connect(params, session) }
      expect { dump.run(tables, writer) }.to raise_error(Gitlab::Backup::Native::Error, /Broken pipe/)
    end
    sleeping = [Gitlab::Backup::Native::Dump::Table.new(name: "sleep", copy: "COPY (SELECT pg_sleep(600)) TO STDOUT")]
    expect { Timeout.timeout(0.5) { run(sleeping) } }.to raise_error(Timeout::Error)
    thread = Thread.new { run(sleeping) }
    thread.report_on_exception = false
    asleep = "FROM pg_stat_activity WHERE query LIKE 'COPY (SELECT pg_sl%'"
    Thread.pass until cluster.query("SELECT count(*) #{asleep}") == "1"
    cluster.query("SELECT pg_terminate_backend(pid) #{asleep}")
    expect { thread.value }.to raise_error(Gitlab::Backup::Native::DatabaseError, /connection is lost|terminating/)
  end
end
