# frozen_string_literal: true

require "open3"
require "pg"

RSpec.describe Gitlab::Backup::Native::ParallelSource do
  include DatabaseInstance

  let(:cluster) { PostgresCluster.shared }
  let(:error) { Gitlab::Backup::Native::Error }
  let(:rows) { "CREATE TABLE t AS SELECT i AS id, repeat('x', 900) AS text FROM generate_series(1, 20000) i" }

  # told: is given each line.
  def back_up(instance, workers: 2, &told)
    @job = component_job(instance)
    @job.monitor.define_singleton_method(:info) { |line| told.call(line) } if told
    @job.workers = workers
    Gitlab::Backup::Native::Components::Databases.new(instance).backup(@job)
  end

  def content
    text, status = Open3.capture2("gzip", "-dc", "#{@job.directory}/db/database.sql.gz", binmode: true)
    expect(status).to be_success
    text
  end

  describe "under a role whose timeouts are a second each" do
    before do
      cluster.create_role("hasty")
      database_instance("db_one", sql: "#{rows}; CREATE SEQUENCE s; GRANT SELECT ON t, s TO hasty")
      %w[statement_timeout lock_timeout idle_in_transaction_session_timeout].each do |name|
        cluster.query("ALTER ROLE hasty SET #{name} = '1s'; ALTER DATABASE db_one SET #{name} = '1s'")
      end
    end

    after { cluster.query("DROP DATABASE db_one WITH (FORCE); DROP ROLE hasty") }

    # True when a query of the role's that this is true of has been at it for longer than it might.
    def asked_for_longer?(condition)
      cluster.query("SELECT count(*) FROM pg_stat_activity WHERE usename = 'hasty' AND #{condition} " \
                    "AND now() - query_start > '1.3s'") != "0"
    end

    it "takes the time it needs for rows" do
      held = nil
      hold = lambda do |bytes|
        held ||= eventually { asked_for_longer?("state = 'active'") } if bytes > 5_000_000
        nil
      end
      DatabaseRelay.to(cluster, before: hold) do |relay|
        instance = instance_with({ "main" => entry("db_one").merge(relay.place, "username" => "hasty") })
        expect(back_up(instance).databases.first.engine).to eq("parallel")
      end
      expect(held).to be(true)
      expect(content.scan(/^\d+\tx+$/).size).to eq(20_000)
    end

    it "waits for longer for a lock" do
      blocker = PG.connect(host: cluster.directory, user: "postgres", dbname: "db_one")
      blocker.exec("SET idle_in_transaction_session_timeout = 0; BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
      thread = Thread.new { eventually { asked_for_longer?("wait_event_type = 'Lock'") } && blocker.exec("COMMIT") }
      instance = instance_with({ "main" => entry("db_one").merge("username" => "hasty") })
      expect(back_up(instance).databases.first.engine).to eq("parallel")
      expect(@job.monitor.lines.size).to eq(1)
      thread.join
    ensure
      blocker&.close
    end
  end

  describe "where there are not as many connections as workers" do
    let(:small) { PostgresCluster.new(max_connections: 7, superuser_reserved_connections: 0, max_wal_senders: 0).start }

    after { small.remove }

    it "uses what there is, and says so in one line" do
      instance = database_instance("db_one", sql: rows.sub("20000", "60000"), cluster: small)
      expect(back_up(instance, workers: 12).databases.first.to_h).to include(engine: "parallel", connections: 5)
      words = "The server of the main database has room for 5 more connections instead of 12: "
      expect(@job.monitor.lines.first).to match(/\A#{words}.*too many clients already\z/)
      expect(@job.monitor.lines.size).to eq(2)
      expect(content.scan(/^\d+\tx+$/).size).to eq(60_000)
    end

    it "leaves it to pg_dump where there is hardly any" do
      instance = database_instance("db_one", sql: rows, cluster: small)
      others = Array.new(5) { PG.connect(host: small.directory, user: "postgres", dbname: "postgres") }
      expect(back_up(instance).databases.first.engine).to eq("pg_dump")
      expect(content.scan(/^\d+\tx+$/).size).to eq(20_000)
    ensure
      others&.each(&:close)
    end
  end

  it "leaves a database in another encoding to pg_dump" do
    cluster.query("DROP DATABASE IF EXISTS gbn_latin")
    cluster.query("CREATE DATABASE gbn_latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    cluster.query("CREATE TABLE t AS SELECT 'gr' || chr(252) || 'n' AS word", database: "gbn_latin")
    outcome = back_up(instance_with({ "main" => entry("gbn_latin") }))
    expect(outcome.databases.first.fallback).to eq("its encoding is not UTF-8")
    expect(content).to include("SET client_encoding = 'LATIN1'", "gr\xFCn".b)
  ensure
    cluster.query("DROP DATABASE IF EXISTS gbn_latin WITH (FORCE)")
  end

  it "says that the snapshot is gone, wherever that happens" do
    database = database_instance("db_one", sql: rows).databases.first
    snapshot = Gitlab::Backup::Native::DatabaseSnapshot.take(database, account: nil)
    dump = Gitlab::Backup::Native::ParallelDump.new(snapshot, pg_dump: real_pg_dump, account: nil, jobs: 2)
    snapshot.connection.exec("ROLLBACK")
    expect { dump.open { raise "it opened" } }
      .to raise_error(error, /\Ainvalid snapshot identifier: "\S+": the transaction that held it is gone\z/)
  ensure
    snapshot&.release
  end

  it "says that the snapshot was lost while another database was dumped" do
    instance = database_instance("db_one", "db_two")
    finish = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'db_two'"
    expect { back_up(instance) { |line| cluster.query(finish) if line.end_with?("db_one ... [DONE]") } }
      .to raise_error(error, /the ci database \(host .*database 'db_two'\): .*(terminating connection|server closed)/)
    expect(Dir.children("#{@job.directory}/db")).to eq(["database.sql.gz"])
  end

  it "fails when the session that holds the snapshot is ended while rows flow" do
    database_instance("db_one", sql: rows)
    ended = nil
    finish = lambda do |bytes|
      next if bytes < 5_000_000 || ended

      ended = cluster.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity " \
                            "WHERE state = 'idle in transaction' ORDER BY backend_start LIMIT 1")
      nil
    end
    DatabaseRelay.to(cluster, before: finish) do |relay|
      instance = instance_with({ "main" => entry("db_one").merge(relay.place) })
      expect { back_up(instance) }.to raise_error(error, /host '127.0.0.1', .*(terminating connection|server closed)/)
    end
    expect(ended).to eq("t")
    expect(Dir["#{@job.directory}/{db,manifest}/*"]).to eq([])
  end
end
