# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::DatabaseBefore do
  include DatabaseInstance
  include DatabaseRestores

  let(:rows) { "CREATE TABLE t AS SELECT i AS id, repeat('x', 500) AS text FROM generate_series(1, 20000) i" }
  let(:backup) { foreign_backup({ "database.sql.gz" => "CREATE TABLE u (a int);\n#{DatabaseRestores::TRAILER}" }) }
  let(:large_object) { "SELECT lo_create(4711)" }
  let(:error) { Gitlab::Backup::Native::Error }

  # The safety dump's text, once that was made and before anything else happens.
  def safety_dump(instance)
    restore = databases_restore(instance, backup)
    restore.call
    path = Dir["#{@job.journal.directory}/db/database.sql.gz"].first
    Open3.capture2("gzip", "-dc", path, binmode: true).first.gsub(/^(\\(un)?restrict) \w+$/n, "\\1 key")
  end

  %w[auto parallel pg_dump].each do |engine|
    it "is what pg_dump prints by the engine #{engine}" do
      instance = database_instance("gbn_main", sql: rows, engine: engine)
      expected = dump_of("gbn_main", "--clean", "--if-exists")
      expect(safety_dump(instance) == expected).to be(true)
      expect(our_sessions).to eq(0)
    end
  end

  # Who has it locked is told further on, where nobody may.
  it "waits for no lock to know how large it will be" do
    instance = database_instance("gbn_main", sql: "#{rows}; VACUUM t")
    before = described_class.new(instance.databases.first, restore_job(instance, backup))
    before.look
    known = before.size
    other = PG.connect(host: PostgresCluster.shared.directory, user: "postgres", dbname: "gbn_main")
    other.exec("BEGIN; LOCK TABLE t")
    Timeout.timeout(60) { before.look }
    expect([known, before.size]).to match([be > 10_000_000, be_within(100_000).of(known)])
  ensure
    other&.close
  end

  it "falls back to pg_dump, and says so" do
    instance = database_instance("gbn_main", sql: "#{rows}; #{large_object}")
    expect(safety_dump(instance)).to include("lo_create('4711')")
    expect(@job.monitor.lines).to include("The main database is dumped by pg_dump alone: it has large objects")
  end

  it "is refused, and nothing touched, when the engine there is cannot or is not known" do
    { "parallel" => /DB_ENGINE=parallel: the main database .* has large objects/,
      "swift" => /DB_ENGINE=swift is not known: use auto, parallel or pg_dump/ }.each do |engine, words|
      instance = database_instance("gbn_main", sql: "#{rows}; #{large_object}", engine: engine)
      expect { safety_dump(instance) }.to raise_error(error, words)
      expect(PostgresCluster.shared.query("SELECT count(*) FROM t", database: "gbn_main")).to eq("20000")
    end
  end
end
