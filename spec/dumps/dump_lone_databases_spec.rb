# frozen_string_literal: true

# Databases that have one thing alone, or settings of their own.
RSpec.describe Gitlab::Backup::Native::ParallelDump do
  include DumpPairs

  let(:name) { "gbn_lone" }
  let(:rows) { <<~SQL }
    CREATE TABLE many (id serial, t text, b bytea, at timestamptz, i interval, f float8, m money, d date);
    INSERT INTO many (t, b, at, i, f, m, d)
    SELECT E'back\\\\slash' || i, '\\x00ff5c', timestamptz '2026-07-01 12:00+00' + i * interval '1 day', interval '1 mon -3 days 04:05:06',
           0.1::float8 + i, 12.5, date '2026-12-01' FROM generate_series(1, 3000) i;
    COMMENT ON TABLE many IS E'back\\\\slash';
    CREATE SEQUENCE "back\\slash";
  SQL

  after { cluster.query("DROP DATABASE IF EXISTS \"#{name.gsub("\"", "\"\"")}\" WITH (FORCE)") }

  def pair_after(sql, **options)
    cluster.create_database(name)
    cluster.query(sql, database: name)
    pair_of(name, **options)
  end

  {
    "nothing" => "", "a table without rows" => "CREATE TABLE t (id int)", "a sequence" => "CREATE SEQUENCE s",
    "a materialized view" => "CREATE MATERIALIZED VIEW m AS SELECT 1 AS x",
    "an event trigger and its function" =>
      "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; " \
      "CREATE EVENT TRIGGER t ON ddl_command_end EXECUTE FUNCTION e()",
    "privileges" =>
      "REVOKE ALL ON SCHEMA public FROM PUBLIC; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
    "a publication" => "CREATE PUBLICATION p FOR ALL TABLES", "an extension" => "CREATE EXTENSION pg_trgm",
    "a schema" => "CREATE SCHEMA lone", "a comment" => "COMMENT ON SCHEMA public IS E'--\\n-- x\\n--\\n'"
  }.each do |what, sql|
    it "writes a database of #{what} alone as pg_dump does" do
      expect(pair_after("SET client_min_messages = error; #{sql}").difference).to be_nil
    end
  end

  # What makes plans parallel.
  parallel = { "parallel_setup_cost" => 0, "parallel_tuple_cost" => 0, "min_parallel_table_scan_size" => 0 }
  {
    "values" => { "bytea_output" => "escape", "TimeZone" => "'Asia/Kolkata'", "IntervalStyle" => "iso_8601",
                  "DateStyle" => "'German'", "extra_float_digits" => 0, "lc_monetary" => "'C.UTF-8'" },
    "names" => { "quote_all_identifiers" => "on", "search_path" => "pg_temp" },
    "strings" => { "standard_conforming_strings" => "off", "backslash_quote" => "off" },
    "plans" => { "force_parallel_mode" => "on", **parallel, "enable_tidscan" => "off", "synchronize_seqscans" => "on",
                 "plan_cache_mode" => "force_generic_plan" },
    "patience" => { "statement_timeout" => 1500, "lock_timeout" => 1, "idle_in_transaction_session_timeout" => 100 }
  }.each do |what, settings|
    it "writes a database with settings for #{what} as pg_dump does" do
      cluster.create_database(name)
      cluster.query(rows, database: name)
      settings.each { |key, value| cluster.query("ALTER DATABASE #{name} SET #{key} = #{value}") }
      cut_into(20_000)
      expect_parallel(pair_of(name))
    end
  end

  # Long enough for the workers of a parallel scan to join in.
  it "writes a large table in its order where parallel and sequential scans are made cheap" do
    cluster.create_database(name)
    cluster.query("CREATE TABLE large AS SELECT i AS id, repeat('x', 180) AS t FROM generate_series(1, 200000) i; " \
                  "ANALYZE",
                  database: name)
    parallel.merge("enable_tidscan" => "off", "parallel_leader_participation" => "off").each do |key, value|
      cluster.query("ALTER DATABASE #{name} SET #{key} = #{value}")
    end
    expect_parallel(pair_of(name), at_least: 3)
  end

  it "sorts names by their bytes whatever the database's collation is" do
    cluster.query("CREATE DATABASE #{name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'")
    %w[a A á _a z Z b].each { |table| cluster.query("CREATE TABLE \"#{table}\" AS SELECT 1 AS id", database: name) }
    pair = pair_of(name)
    expect_parallel(pair)
    expect(pair.ours.scan(/^COPY public\.(\S+)/n).flatten).to eq(["\"A\"", "\"Z\"", "_a", "a", "b", "z", "\"á\"".b])
  end

  context "when its own name is odd" do
    let(:name) { "odd = 'name' \"of\" a \\base" }

    it "finds it" do
      cut_into(20_000)
      expect_parallel(pair_after(rows))
    end
  end
end
