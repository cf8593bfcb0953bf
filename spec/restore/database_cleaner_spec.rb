# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::DatabaseCleaner do
  include DatabaseInstance

  let(:cluster) { PostgresCluster.shared }
  let(:error) { Gitlab::Backup::Native::DatabaseError }

  def instance(sql)
    database_instance("gbn_clean", sql: "SET client_min_messages = error; #{sql}")
  end

  def cleaner(instance)
    described_class.new(instance.databases.first, account: nil)
  end

  def query(sql)
    cluster.query(sql, database: "gbn_clean")
  end

  def connect
    PG.connect(host: cluster.directory, user: "postgres", dbname: "gbn_clean", application_name: "other")
  end

  # Relations outside of the server's own schemas.
  def relations
    query("SELECT string_agg(c.oid::regclass::text, ' ' ORDER BY 1) FROM pg_class c " \
          "WHERE relnamespace::regnamespace::text !~ '^(pg_|information_)' AND relkind <> 'i'")
  end

  it "drops what GitLab's task drops, and leaves the rest" do
    database = instance(<<~SQL)
      CREATE EXTENSION pg_stat_statements;
      CREATE TABLE schema_migrations (version text PRIMARY KEY); INSERT INTO schema_migrations VALUES ('1');
      CREATE TABLE "odd ""name;" (a serial PRIMARY KEY); CREATE TABLE child (b int REFERENCES "odd ""name;");
      CREATE VIEW v AS SELECT * FROM child; CREATE MATERIALIZED VIEW mv AS SELECT * FROM v;
      CREATE SCHEMA gitlab_partitions_dynamic; CREATE SCHEMA gitlab_partitions_static; CREATE SCHEMA other;
      CREATE TABLE parted (a int) PARTITION BY LIST (a);
      CREATE TABLE gitlab_partitions_dynamic.p1 PARTITION OF parted FOR VALUES IN (1);
      CREATE TABLE p2 PARTITION OF parted FOR VALUES IN (2);
      CREATE TABLE gitlab_partitions_static.lonely (a int); CREATE TABLE other.stays (a int);
      CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
    SQL
    cleaner(database).call
    expect(relations.split)
      .to contain_exactly(*%w[other.stays pg_stat_statements pg_stat_statements_info schema_migrations])
    expect(query("SELECT count(*) FROM schema_migrations")).to eq("0")
    expect(query("SELECT f(), count(*) FROM pg_namespace WHERE nspname ~ '^gitlab'")).to eq("1|0")
    cleaner(database).call
  end

  it "drops more tables than one transaction could lock" do
    database = instance("SELECT 'CREATE TABLE t' || i || ' (a serial PRIMARY KEY, b text)' FROM " \
                        "generate_series(1, 300) i \\gexec")
    cleaner(database).call
    expect(relations).to eq("")
  end

  it "names who is in the way before anything is dropped" do
    stub_const("#{described_class}::LOCK_SECONDS", 1)
    database = instance("CREATE TABLE a (a int); CREATE TABLE z (a int)")
    other = connect
    other.exec("BEGIN; LOCK TABLE z IN ACCESS SHARE MODE")
    expect { cleaner(database).check }
      .to raise_error(error, /in use: session #{other.backend_pid} \(other from this machine, its .* began 2.* holds z/)
  ensure
    other&.close
  end

  it "does not mind who comes and goes" do
    stub_const("#{described_class}::LOCK_SECONDS", 1)
    database = instance("CREATE TABLE a (a int)")
    first = connect
    second = connect
    first.exec("BEGIN; SELECT * FROM a")
    thread = Thread.new { cleaner(database).check }
    eventually { thread.stop? && query("SELECT count(*) FROM pg_stat_activity WHERE datname = 'gbn_clean'").to_i > 3 }
    second.exec("BEGIN; SELECT * FROM a")
    first.exec("COMMIT")
    expect { thread.value }.not_to raise_error
  ensure
    [first, second].each { |connection| connection&.close }
  end

  it "says what was dropped when somebody gets in the way later" do
    stub_const("#{described_class}::LOCK_SECONDS", 1)
    stub_const("#{described_class}::BATCH", 1)
    database = instance("CREATE TABLE a (a int); CREATE TABLE z (a int)")
    other = connect
    other.exec("BEGIN; LOCK TABLE z IN ACCESS SHARE MODE")
    expect { cleaner(database).call }
      .to raise_error(error, /session #{other.backend_pid} .* holds z: .*; 1 object had been dropped by then\z/)
    expect(relations).to eq("z")
  ensure
    other&.close
  end

  it "says how many were dropped when the connection is lost, and why there is none" do
    database = instance_with({ "main" => entry("no_such_database") })
    expect { cleaner(database).call }.to raise_error(error, /"no_such_database" does not exist/)
  end
end
