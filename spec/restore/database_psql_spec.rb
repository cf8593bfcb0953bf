# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::DatabasePsql do
  include DatabaseInstance
  include DatabaseRestores

  let(:cluster) { PostgresCluster.shared }
  let(:error) { Gitlab::Backup::Native::Error }

  # Our Native::DatabaseText of that SQL, whether it is a dump or not.
  def text(sql)
    backup = foreign_backup({ "database.sql.gz" => sql })
    place = Gitlab::Backup::Native::Place.new("#{backup}/db/database.sql.gz")
    Gitlab::Backup::Native::DatabaseText.new(place, manifest: nil, workers: 1)
  end

  def psql(instance, path: described_class.find(instance))
    described_class.new(instance.databases.first, account: nil, path: path)
  end

  it "restores a dump, byte for byte" do
    database_instance("gbn_psql")
    cluster.query("CREATE TABLE u (a text); INSERT INTO u SELECT repeat('x', i) FROM generate_series(1, 900) i",
                  database: "gbn_psql")
    dump = dump_of("gbn_psql", "--clean", "--if-exists")
    report = psql(database_instance("gbn_psql", sql: "SELECT 1")).call(text(dump))
    expect([report.error_count, dump_of("gbn_psql", "--clean", "--if-exists")]).to eq([0, dump])
  end

  it "is taken for DB_LOADER=psql, after the dump was read to its end" do
    instance = database_instance("gbn_psql")
    backup = foreign_backup({ "database.sql.gz" => "CREATE TABLE u (a int);\n#{DatabaseRestores::TRAILER}" })
    allow(instance).to receive(:variables).and_return({ "DB_LOADER" => "psql" })
    restore = databases_restore(instance, backup)
    restore.check
    expect(restore.call.problem_count).to eq(0)
    expect(cluster.query("SELECT count(*) FROM u", database: "gbn_psql")).to eq("0")
  end

  it "tells errors as GitLab's restore does, with their lines" do
    report = psql(database_instance("gbn_psql")).call(text(<<~SQL))
      SELECT 1/0;
      ALTER TABLE none OWNER TO postgres;
      DO $$ BEGIN RAISE WARNING 'never mind'; END $$;
      ALTER TABLE t OWNER TO nobody_at_all;
      SELECT 1/0;
    SQL
    expect(report.errors.map { |failure| [failure.line, failure.sqlstate, failure.message] })
      .to eq([[1, "22012", "division by zero"], [5, "22012", "division by zero"]])
    expect([report.error_count, report.tolerated_count]).to eq([2, 2])
    expect(report.tolerated).to include("role \"nobody_at_all\" does not exist")
  end

  it "runs no command, even if the dump was not checked" do
    key = "a"
    commands = ["! touch", "o |touch", "i", "unrestrict #{key}\n\\! touch"]
    commands.each do |command|
      planted = text("\\restrict #{key}\n\\#{command} #{temp_dir}/witness\nSELECT 1;\n")
      report = psql(database_instance("gbn_psql")).call(planted)
      expect(report.error_count).to eq(0)
    end
    expect(File.exist?("#{temp_dir}/witness")).to be(false)
  end

  it "is not trusted without its restricted mode" do
    path = write("#{temp_dir}/bin/psql", "#!/bin/sh\necho 'General'\n")
    File.chmod(0o755, path)
    with_path("#{temp_dir}/bin:#{ENV.fetch("PATH")}") do
      expect { described_class.find(database_instance) }.to raise_error(error, /DB_LOADER=psql: #{path} has no res/)
    end
  end

  it "fails when there is no connection, and when psql is killed amid the text" do
    instance = instance_with({ "main" => entry("no_such_database") })
    expect { psql(instance).call(text("SELECT 1;\n")) }
      .to raise_error(error, /psql ended with status 2: .*"no_such_database" does not exist/)
    path = write("#{temp_dir}/psql", "#!/bin/sh\nread line\nkill -9 $$\n")
    File.chmod(0o755, path)
    big = text("SELECT 1;\n" * 1_000_000)
    killed = psql(database_instance("gbn_psql"), path: path)
    expect { killed.call(big) }.to raise_error(error, "psql was killed by SIGKILL")
  end

  it "drops no words of a psql that has much to say, and does not hang" do
    report = psql(database_instance("gbn_psql")).call(text("SELECT * FROM none_#{"x" * 60};\n" * 5000))
    expect(report.tolerated_count + report.error_count).to eq(5000)
  end

  it "leaves neither child nor session when it is interrupted" do
    before = Processes.children
    thread = Thread.new { psql(database_instance("gbn_psql")).call(text("SELECT pg_sleep(1000);\n")) }
    thread.report_on_exception = false
    sleeping = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(1000)%'"
    eventually { cluster.query(sleeping) == "1" }
    thread.raise(Interrupt)
    expect { thread.join }.to raise_error(Interrupt)
    expect(Processes.children - before).to eq([])
    cluster.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(1000)%'")
  end
end
