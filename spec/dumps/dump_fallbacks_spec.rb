# frozen_string_literal: true

# What is left to pg_dump.
RSpec.describe Gitlab::Backup::Native::ParallelDump do
  include DumpPairs

  let(:name) { "gbn_left" }

  before { cluster.create_database(name) }

  after { cluster.query("DROP DATABASE IF EXISTS #{name} WITH (FORCE)") }

  def objection_after(sql, **options)
    cluster.query(sql, database: name)
    with_snapshot(name, **options) { |snapshot| described_class.objection(snapshot, snapshot.server_major) }
  end

  it "dumps what there is nothing against" do
    expect(objection_after("CREATE EXTENSION pg_trgm; CREATE TABLE t (id serial)")).to be_nil
  end

  it "leaves large objects to pg_dump" do
    expect(objection_after("SELECT lo_create(0)")).to eq("it has large objects")
  end

  it "leaves extensions whose tables have rows of their own to pg_dump" do
    expect(objection_after(<<~SQL)).to eq("an extension has tables whose rows are dumped")
      CREATE EXTENSION pg_trgm;
      CREATE TABLE settings (id int);
      ALTER EXTENSION pg_trgm ADD TABLE settings;
      UPDATE pg_extension SET extconfig = ARRAY['settings'::regclass::oid], extcondition = ARRAY[''] WHERE extname = 'pg_trgm';
    SQL
  end

  it "leaves a sequence whose table alone is an extension's to pg_dump, and the other way round" do
    reason = "an extension has a sequence and not its table, or only the table"
    member = "CREATE EXTENSION pg_trgm; CREATE TABLE member (id int); ALTER EXTENSION pg_trgm ADD TABLE member;"
    expect(objection_after(member)).to be_nil
    expect(objection_after("ALTER TABLE member ADD later int GENERATED ALWAYS AS IDENTITY")).to eq(reason)
    expect(objection_after("ALTER TABLE member DROP later; CREATE TABLE own (id serial)")).to be_nil
    expect(objection_after("ALTER EXTENSION pg_trgm ADD SEQUENCE own_id_seq")).to eq(reason)
  end

  it "leaves other encodings of the server and of the session to pg_dump" do
    cluster.query("CREATE ROLE gbn_latin LOGIN; ALTER ROLE gbn_latin SET client_encoding = 'LATIN1'")
    expect(objection_after("SELECT 1", user: "gbn_latin")).to eq("client_encoding is not UTF-8")
    cluster.query("DROP DATABASE #{name}; CREATE DATABASE #{name} ENCODING 'SQL_ASCII' TEMPLATE template0")
    expect(objection_after("SELECT 1")).to eq("its encoding is not UTF-8")
  ensure
    cluster.query("DROP ROLE gbn_latin")
  end

  it "leaves to pg_dump what the environment makes of the encoding" do
    before = ENV.fetch("PGCLIENTENCODING", nil)
    ENV["PGCLIENTENCODING"] = "LATIN1"
    expect(objection_after("SELECT 1")).to eq("client_encoding is not UTF-8")
  ensure
    ENV["PGCLIENTENCODING"] = before
  end

  it "leaves servers that are too old, and a pg_dump of another version, to pg_dump" do
    with_snapshot(name) do |snapshot|
      expect(described_class.objection(snapshot, snapshot.server_major + 1))
        .to eq("pg_dump is of another version than the server")
      old = snapshot.dup.tap { |copy| copy.define_singleton_method(:server_major) { 13 } }
      expect(described_class.objection(old, 13)).to eq("its server is older than PostgreSQL 14")
    end
  end

  it "leaves what has an entry of an unknown type, or only seems to, to pg_dump before a byte is written" do
    cluster.query("CREATE TABLE t (id int); COMMENT ON TABLE t IS " \
                  "E'x\\n-- Name: x; Type: NEW KIND; Schema: public; Owner: me\\n'", database: name)
    with_snapshot(name) do |snapshot|
      unfit = have_attributes(status: :unfit, message: /of a type that is not known here \(NEW KIND\)/)
      expect { our_text(parallel_dump(snapshot)) }.to raise_error(unfit)
    end
  end

  it "needs no pg_dump that takes a key for its text" do
    cluster.query("CREATE TABLE a AS SELECT 1 AS id; CREATE TABLE b AS SELECT 2 AS id", database: name)
    keyless = "#{temp_dir}/pg_dump"
    File.write(keyless, "#!/bin/sh\n[ \"$1\" = --help ] && exit\nexec #{pg_dump_program} \"$@\"\n")
    File.chmod(0o755, keyless)
    with_snapshot(name) do |snapshot|
      dump = described_class.new(snapshot, pg_dump: keyless, account: nil, jobs: 2)
      expect_parallel(DumpPairs::Pair.new(our_text(dump), stock_dump(snapshot), dump))
    end
  end

  it "knows no large objects and no rows among the types of a dump without rows" do
    cluster.query("SELECT lo_create(7)", database: name)
    whole = with_snapshot(name) { |snapshot| stock_dump(snapshot) }
    expect(Gitlab::Backup::Native::DumpTypes.unknown(whole)).to eq("BLOB")
    names = "-- Name: odd; Type: NEW; Schema: s; Owner: o; Type: TABLE; Schema: public; Owner: me\n"
    expect(Gitlab::Backup::Native::DumpTypes.unknown(names)).to eq("NEW")
    expect(Gitlab::Backup::Native::DumpTypes.unknown(names.sub("NEW", "VIEW"))).to be_nil
  end

  it "leaves a server without room for its locks to pg_dump" do
    with_snapshot(name) do |snapshot|
      refusal = Gitlab::Backup::Native::DumpRefusal.new(snapshot)
      expect(refusal.error("53200 out of shared memory").status).to eq(:unfit)
      expect(refusal.error("42501 permission denied for table t").status).to be_nil
    end
  end
end
