# frozen_string_literal: true

require "open3"
require "pg"

RSpec.describe Gitlab::Backup::Native::ParallelSource do
  include DatabaseInstance

  let(:cluster) { PostgresCluster.shared }
  let(:error) { Gitlab::Backup::Native::Error }
  let!(:instance) do
    database_instance("db_one", sql: "CREATE TABLE t AS SELECT 1 AS id; CREATE VIEW v AS SELECT 2 AS id")
  end

  before { stub_const("Gitlab::Backup::Native::ParallelDump::LOCK_WAIT", 0.4) }

  def back_up(instance = self.instance, estimate: nil, &told)
    @job = component_job(instance)
    @job.monitor.define_singleton_method(:estimate) { |_bytes| estimate.call } if estimate
    @job.monitor.define_singleton_method(:info) { |line| told.call(line) } if told
    Gitlab::Backup::Native::Components::Databases.new(instance).backup(@job)
  end

  def content
    Open3.capture2("gzip", "-dc", "#{@job.directory}/db/database.sql.gz").first
  end

  # A session of its own, in a transaction that has run this.
  def session(sql)
    connection = PG.connect(host: cluster.directory, user: "postgres", dbname: "db_one", application_name: "migration")
    connection.exec("BEGIN; #{sql}")
    yield connection
  ensure
    connection&.close
  end

  def again(lines)
    lines.grep(/starts anew\z/)
  end

  it "starts anew three times when a table is locked, then names it and who has it" do
    session("LOCK TABLE t IN ACCESS EXCLUSIVE MODE") do |other|
      holder = "the session #{other.backend_pid} (user postgres, application \"migration\", its query began at 20"
      words = "database 'db_one'): the table public.t was locked for 0.4 s by #{holder}"
      expect { back_up }.to raise_error(error, /\AFailed to create .*#{Regexp.escape(words)}[-0-9: ]+\)\z/)
    end
    expect(again(@job.monitor.lines).size).to eq(3)
    expect(@job.monitor.lines.first).to match(/\Athe table public.t was locked for .*; the dump of the main database /)
  end

  it "names a prepared transaction, which is no session's" do
    own = PostgresCluster.new(max_prepared_transactions: 1).start
    instance = database_instance("db_one", cluster: own)
    own.query("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE; PREPARE TRANSACTION 'forgotten'", database: "db_one")
    expect { back_up(instance) }.to raise_error(error, /the table public.t was locked for 0.4 s by a prepared transact/)
  ensure
    own&.remove
  end

  it "sees what was committed by the time it starts anew" do
    session("INSERT INTO t VALUES (4711); LOCK TABLE t IN ACCESS EXCLUSIVE MODE") do |other|
      outcome = back_up { |line| other.exec("COMMIT") if line.end_with?("starts anew") }
      expect(outcome.databases.first.engine).to eq("parallel")
    end
    expect(content).to match(/^COPY public.t .*\n1\n4711\n\\\.$/)
  end

  # The estimate comes right behind the snapshot.
  { "truncated" => ["TRUNCATE t; INSERT INTO t VALUES (4711)", /the table public.t was truncated or rewritten/],
    "dropped" => ["DROP TABLE t; CREATE TABLE u AS SELECT 4711 AS id", /relation "public.t" does not exist/] }
    .each do |word, (sql, reason)|
    it "starts anew when a table is #{word} between the snapshot and the lock" do
      expect(back_up(estimate: -> { cluster.query(sql, database: "db_one") }).databases.first.engine).to eq("parallel")
      expect(again(@job.monitor.lines)).to match([reason])
      expect(content).to match(/^COPY public.\w \(id\) FROM stdin;\n4711\n\\\.$/)
    end
  end

  it "leaves the pg_dumps of others alone" do
    other = nil
    session("LOCK TABLE t IN ACCESS EXCLUSIVE MODE") do
      other = Thread.new { Open3.capture2e(real_pg_dump, "-h", cluster.directory, "-U", "postgres", "db_one") }
      eventually { cluster.query("SELECT count(*) FROM pg_locks WHERE NOT granted") == "1" }
      expect { back_up }.to raise_error(error, /was locked for/)
    end
    expect(other.value.last).to be_success
  end

  # Nobody sees that deadlock: the session waits for our lock, pg_dump for the session's, and we for pg_dump.
  it "does not wait for ever for a session that waits for it" do
    session("DROP VIEW v") do |other|
      waiting = Thread.new do
        locks = "SELECT count(*) FROM pg_locks WHERE relation = 't'::regclass"
        eventually { cluster.query(locks, database: "db_one").to_i.positive? }
        other.exec("ALTER TABLE t ADD COLUMN more int; COMMIT")
      end
      expect(back_up.databases.first.engine).to eq("parallel")
      waiting.join
    end
    expect(again(@job.monitor.lines).size).to be_between(1, 3)
    expect(content).to include("CREATE TABLE public.t")
  end

  it "goes on when a change of a table queues up behind it" do
    cluster.query("CREATE TABLE a AS SELECT repeat('x', 900) FROM generate_series(1, 20000)", database: "db_one")
    changing = nil
    queue = lambda do |bytes|
      next if bytes < 5_000_000 || changing

      changing = Thread.new { cluster.query("ALTER TABLE t ADD COLUMN more int", database: "db_one") }
      eventually { cluster.query("SELECT count(*) FROM pg_locks WHERE NOT granted") == "1" }
    end
    DatabaseRelay.to(cluster, before: queue) do |relay|
      expect(back_up(instance_with({ "main" => entry("db_one").merge(relay.place) })).databases.first.engine)
        .to eq("parallel")
    end
    changing.join
    expect(content).to match(/^COPY public.t \(id\) FROM stdin;\n1\n\\\.$/)
    expect(again(@job.monitor.lines)).to eq([])
  end
end
