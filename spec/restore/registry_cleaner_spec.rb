# frozen_string_literal: true

require "open3"

RSpec.describe Gitlab::Backup::Native::RegistryCleaner do
  include DatabaseInstance
  include DatabaseRestores

  let(:cluster) { PostgresCluster.shared }
  # As the registry has them: a table whose partitions lie in a schema of their own, a function for a trigger.
  let(:schema) { <<~SQL }
    SET client_min_messages = error;
    CREATE EXTENSION pg_stat_statements;
    CREATE TABLE schema_migrations (id text PRIMARY KEY);
    CREATE TABLE repositories (id bigint PRIMARY KEY, path text);
    INSERT INTO repositories SELECT i, 'path/' || i FROM generate_series(1, 100) i;
    CREATE SCHEMA partitions;
    CREATE TABLE blobs (id bigint, at int) PARTITION BY LIST (at);
    CREATE TABLE partitions.blobs_1 PARTITION OF blobs FOR VALUES IN (1);
    CREATE FUNCTION track() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER track AFTER INSERT ON repositories FOR EACH ROW EXECUTE FUNCTION track();
    CREATE PROCEDURE "odd ""name"(a repositories, b int) LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION partitions.stays() RETURNS int LANGUAGE sql AS 'SELECT 1';
  SQL

  # The instance whose registry's database holds that.
  def instance
    variables = { "REGISTRY_DATABASE_NAME" => "gbn_registry", "REGISTRY_DATABASE_PASSWORD" => "any",
                  "REGISTRY_DATABASE_HOST" => cluster.directory, "REGISTRY_DATABASE_USER" => "postgres" }
    { "gbn_registry_main" => "CREATE TABLE t (a int); INSERT INTO t VALUES (1);",
      "gbn_registry" => schema }.each do |name, sql|
      cluster.create_database(name)
      cluster.query(sql, database: name)
    end
    config = { "gitlab" => { "user" => Etc.getpwuid.name }, "backup" => { "path" => "#{temp_dir}/backups" } }
    instance_of(config: config, database: { "main" => entry("gbn_registry_main") }, environment: variables)
  end

  def query(sql)
    cluster.query(sql, database: "gbn_registry")
  end

  def routines
    query("SELECT string_agg(p.oid::regprocedure::text, ' ') FROM pg_proc p JOIN pg_namespace n " \
          "ON n.oid = pronamespace WHERE nspname !~ '^(pg_|information_)' AND proname !~ '^pg_'")
  end

  it "drops tables and functions of the schema public, and leaves the rest" do
    described_class.new(instance.databases.last, account: nil).call
    expect(query("SELECT count(*) FROM pg_tables WHERE schemaname IN ('public', 'partitions')")).to eq("0")
    expect(routines).to eq("partitions.stays()")
    expect(query("SELECT count(*) FROM pg_extension WHERE extname = 'pg_stat_statements'")).to eq("1")
    expect(query("SELECT count(*) FROM pg_namespace WHERE nspname = 'partitions'")).to eq("1")
  end

  it "is not passed over without a word where nobody says where it is" do
    here = database_instance("gbn_registry_main", sql: "CREATE TABLE t (a int)")
    texts = { "database.sql.gz" => dump_of("gbn_registry_main"), "registry_database.sql.gz" => "SELECT 1;" }
    databases_restore(here, foreign_backup(texts)).check
    expect(@job.monitor.warnings)
      .to eq(["the backup has a dump of the registry's metadata database, which is not restored: the variables " \
              "REGISTRY_DATABASE_NAME, _PASSWORD and so on say to which database"])
  end

  it "lets a backup of it come back as it was, whatever has come since" do
    here = instance
    job = component_job(here, directory: "#{temp_dir}/backups/1_2026_11_21_18.6.2-ee")
    outcome = Gitlab::Backup::Native::Components::Databases.new(here).backup(job)
    expect(outcome.products.keys).to eq(%w[db/database.sql.gz db/registry_database.sql.gz])
    before = dump_of("gbn_registry")
    query("DROP TABLE blobs; CREATE TABLE public.new (a int); UPDATE repositories SET path = 'x'; " \
          "CREATE FUNCTION other() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    result = databases_restore(here, foreign_backup({}, at: job.directory)).call
    expect([result.files, result.problems]).to eq([2, []])
    expect(dump_of("gbn_registry")).to eq(before)
  end
end
