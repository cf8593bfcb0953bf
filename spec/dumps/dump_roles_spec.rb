# frozen_string_literal: true

# Who dumps, and what their sessions are like.
RSpec.describe Gitlab::Backup::Native::ParallelDump do
  include DumpPairs

  # A session in which ranges would be read by sequential and by parallel scans, and in which values and names have
  # other texts.
  odd_settings = {
    "parallel_setup_cost" => 0, "parallel_tuple_cost" => 0, "min_parallel_table_scan_size" => 0,
    "max_parallel_workers_per_gather" => 4, "enable_tidscan" => "off",
    "synchronize_seqscans" => "on", "row_security" => "on",
    "DateStyle" => "'SQL, DMY'", "IntervalStyle" => "sql_standard", "TimeZone" => "'Asia/Kolkata'",
    "bytea_output" => "escape", "extra_float_digits" => -15, "xmlbinary" => "hex", "lc_monetary" => "'C.UTF-8'",
    "search_path" => "names, \"values\", pg_temp", "quote_all_identifiers" => "on",
    "standard_conforming_strings" => "off", "escape_string_warning" => "on", "statement_timeout" => 1000,
    "lock_timeout" => 1, "idle_in_transaction_session_timeout" => 1000,
    "default_transaction_isolation" => "serializable",
    "default_transaction_read_only" => "on", "default_transaction_deferrable" => "on", "array_nulls" => "off",
    "default_tablespace" => "gbn_space", "default_table_access_method" => "other_heap", "check_function_bodies" => "off"
  }

  before(:context) do
    sample_database("gbn_roles")
    cluster.query("CREATE ROLE gbn_odd LOGIN SUPERUSER; CREATE ROLE gbn_owner LOGIN")
  end

  after(:context) do
    drop_sample_database("gbn_roles")
    cluster.query("DROP ROLE gbn_odd; DROP ROLE gbn_owner")
  end

  def with_environment(values)
    before = ENV.to_h
    ENV.update(values)
    yield
  ensure
    ENV.replace(before)
  end

  def own_everything(role)
    cluster.query(<<~SQL, database: "gbn_roles")
      SELECT format('ALTER TABLE %s OWNER TO #{role}', c.oid::regclass) FROM pg_class c
      WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)')
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') \\gexec
      SELECT format('ALTER SEQUENCE %s OWNER TO #{role}', c.oid::regclass) FROM pg_class c
      WHERE relkind = 'S' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i', 'e')) \\gexec
      SELECT format('GRANT USAGE ON SCHEMA %I TO #{role}', nspname) FROM pg_namespace WHERE nspname !~ '^pg_' \\gexec
    SQL
  end

  # Policies hold for the owner of the tables, or do not.
  def force(word)
    cluster.query("ALTER TABLE public.serials #{word} ROW LEVEL SECURITY; " \
                  "ALTER TABLE access.forced #{word} ROW LEVEL SECURITY", database: "gbn_roles")
  end

  it "reads as a role whose settings would change order, rows and text" do
    odd_settings.each { |name, value| cluster.query("ALTER ROLE gbn_odd SET #{name} = #{value}") }
    cut_into(50_000)
    pair = pair_of("gbn_roles", user: "gbn_odd")
    expect_parallel(pair)
    expect(pair.include?("SET standard_conforming_strings = off;")).to be(true)
    expect(pair.include?("\\\\001\\\\002")).to be(true) # bytea_output
    expect(pair.include?("setval('names.\"back\\\\_id_seq\"', 2, true)")).to be(true)
  end

  it "reads as a role that owns the tables, and does not go around policies that are forced on it" do
    own_everything("gbn_owner")
    force("FORCE")
    forced = /query would be affected by row-level security policy for table "(serials|forced)"/
    expect { pair_of("gbn_roles", user: "gbn_owner") }.to raise_error(forced)
    with_snapshot("gbn_roles", user: "gbn_owner") do |snapshot|
      expect { our_text(parallel_dump(snapshot)) }.to raise_error(Gitlab::Backup::Native::DatabaseError, forced)
    end
    force("NO FORCE")
    pair = pair_of("gbn_roles", user: "gbn_owner")
    expect_parallel(pair)
    expect(pair.include?("COPY access.secret (id, owner) FROM stdin;\n1\tgbn_reader\n2\tpostgres\n\\.\n")).to be(true)
  end

  {
    "table" => ["TABLE tables.options", /permission denied for table options/],
    "sequence" => ["SEQUENCE sequences.called", /permission denied for sequence (sequences\.)?called/],
    "schema" => ["SCHEMA tables", /permission denied for schema tables/]
  }.each do |kind, (name, message)|
    it "fails before the first byte where a #{kind} may not be read, as pg_dump fails" do
      right = kind == "schema" ? "USAGE" : "SELECT"
      own_everything("gbn_owner")
      force("NO FORCE")
      cluster.query("REVOKE #{right} ON #{name} FROM gbn_owner", database: "gbn_roles")
      with_snapshot("gbn_roles", user: "gbn_owner") do |snapshot|
        expect { stock_dump(snapshot) }.to raise_error(message)
        expect { parallel_dump(snapshot).open { raise "it was opened" } }
          .to raise_error(Gitlab::Backup::Native::DatabaseError, message)
      end
    ensure
      cluster.query("GRANT #{right} ON #{name} TO gbn_owner", database: "gbn_roles")
    end
  end

  it "reads as whoever the environment makes of us" do
    with_environment("PGTZ" => "America/Caracas", "PGDATESTYLE" => "German",
                     "PGOPTIONS" => "-c bytea_output=escape -c lc_monetary=C -c parallel_setup_cost=0") do
      pair = pair_of("gbn_roles")
      expect_parallel(pair)
      expect(pair.include?("\\\\001\\\\002")).to be(true)
    end
  end

  it "reads tables that were analyzed" do
    cluster.query("ANALYZE", database: "gbn_roles")
    cut_into(50_000)
    expect_parallel(pair_of("gbn_roles"))
  end
end
