# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::DatabasesRestore do
  include DatabaseInstance
  include DatabaseRestores
  include LoadSamples

  let(:schemas) { %w[main ci].to_h { |name| [name, File.read("#{__dir__}/../support/demo_instance/#{name}.sql")] } }
  let(:error) { Gitlab::Backup::Native::Error }

  # Two databases like GitLab's, with other content from the second call on.
  def gitlab_instance(user: "postgres", **settings)
    instance = database_instance("gbn_main", "gbn_ci", sql: "SELECT 1", "username" => user, **settings)
    { "gbn_main" => "main", "gbn_ci" => "ci" }.each do |database, name|
      cluster.query("SET client_min_messages = error; SET ROLE #{user};\n#{schemas.fetch(name)}", database: database)
    end
    cluster.query("SET ROLE #{user}; #{GitlabSchema::ROWS}", database: "gbn_main")
    instance
  end

  def dumps
    %w[gbn_main gbn_ci].map { |database| dump_of(database, "--clean", "--if-exists") }
  end

  def backup_of(dumps)
    foreign_backup({ "database.sql.gz" => dumps[0], "ci_database.sql.gz" => dumps[1] }.compact)
  end

  # One small database, and the text of a backup of it.
  def small_instance(**settings)
    database_instance("gbn_main", sql: "CREATE TABLE t AS SELECT 'present' AS a", **settings)
  end

  def backup_with(text, trailer: DatabaseRestores::TRAILER)
    foreign_backup({ "database.sql.gz" => "#{text}\n#{trailer}" })
  end

  def present(database = "gbn_main")
    cluster.query("SELECT a FROM t", database: database)
  end

  def change
    cluster.query("DELETE FROM issues; DROP TABLE uploads; CREATE TABLE stranger (a int); CREATE VIEW v AS SELECT 1; " \
                  "CREATE MATERIALIZED VIEW mv AS SELECT * FROM stranger; " \
                  "CREATE TABLE gitlab_partitions_dynamic.x (a int)",
                  database: "gbn_main")
    cluster.query("TRUNCATE p_ci_builds; INSERT INTO schema_migrations VALUES ('30')", database: "gbn_ci")
  end

  it "makes the databases what they were, byte for byte, from dumps of pg_dump and gzip" do
    instance = gitlab_instance
    before = dumps
    restore = databases_restore(instance, backup_of(before))
    change
    restore.check
    outcome = restore.call
    expect(dumps).to eq(before)
    expect([outcome.files, outcome.problem_count, outcome.notes]).to eq([2, 0, {}])
    stored = Dir["#{temp_dir}/backups/*-ee/db/*.gz"].sum { |path| File.size(path) }
    expect([outcome.raw, outcome.stored]).to eq([before.sum(&:bytesize), stored])
    expect(our_sessions).to eq(0)
  end

  it "does the same from a backup of ours, by its manifests and over several connections" do
    instance = gitlab_instance
    before = dumps
    backup = own_backup(instance)
    change
    restore = databases_restore(instance, backup)
    outcome = restore.call
    expect(@job.source.manifest_path("db-main")).to end_with("manifest/db-main.msgpack")
    expect(outcome.databases.map(&:connections)).to eq([2, 2])
    largest = outcome.databases.first.figures["tables"].first
    expect(cluster.query("SELECT count(*) FROM #{largest["table"]}", database: "gbn_main")).to eq(largest["rows"].to_s)
    expect(dumps).to eq(before)
  end

  it "restores into empty databases, and says what it does" do
    before = gitlab_instance && dumps
    instance = database_instance("gbn_main", "gbn_ci", sql: "SELECT 1")
    restore = databases_restore(instance, backup_of(before))
    restore.check
    expect([restore.needs, restore.replaces]).to eq([{}, ["database gbn_main: empty", "database gbn_ci: empty"]])
    restore.call
    expect(dumps).to eq(before)
    expect(@job.monitor.lines).to eq(
      ["Restoring main database ... ", "Cleaning the 'gbn_main' database ... [DONE]",
       "Restoring PostgreSQL database gbn_main ... [DONE]", "Restoring ci database ... ",
       "Cleaning the 'gbn_ci' database ... [DONE]", "Restoring PostgreSQL database gbn_ci ... [DONE]"]
    )
    expect(Dir.children(@job.before)).to eq(["journal.json"])
  end

  it "dumps what is there first, and puts it back when asked" do
    instance = gitlab_instance
    restore = databases_restore(instance, backup_of(dumps))
    change
    changed = dumps
    restore.check
    expect(restore.needs.keys).to eq([instance.backup_path])
    expect(restore.replaces.first).to match(/\Adatabase gbn_main: .*, dumped first\z/)
    restore.call
    expect(dumps).not_to eq(changed)
    expect(@job.monitor.lines).to include("Dumping PostgreSQL database gbn_main for safety ... [DONE]")
    again = described_class.new(nil, @job.dup.tap { |job| job.source = nil })
    eventually { again.sessions == [] } # the server takes a moment to forget pg_dump's
    again.give_back
    expect(dumps).to eq(changed)
    expect(@job.journal["db"]["databases"]).to eq({})
  end

  it "counts sessions of other roles, of which it may see little, and none of the server's own" do
    cluster.create_role("sessions_owner")
    cluster.create_database("gbn_sessions", owner: "sessions_owner")
    ours = PG.connect(host: cluster.directory, dbname: "gbn_sessions", user: "sessions_owner")
    database = Struct.new(:database).new("gbn_sessions")
    of = -> { Gitlab::Backup::Native::DatabaseSessions.of(ours, database).map(&:to_s) }
    expect(of.call).to eq([])
    other = PG.connect(host: cluster.directory, dbname: "gbn_sessions", user: PostgresCluster::SUPERUSER,
                       application_name: "psql")
    expect(of.call).to eq(["database gbn_sessions: psql from this machine (1 session)"])
  ensure
    [ours, other].each { |connection| connection&.close }
  end

  it "settles by deleting the safety dumps" do
    instance = small_instance
    restore = databases_restore(instance, backup_with("CREATE TABLE u (a int);"))
    restore.call
    expect(File.file?("#{@job.before}/db/database.sql.gz")).to be(true)
    restore.settle
    expect(Dir.glob("#{@job.before}/{db,manifest}/*")).to eq([])
  end

  it "goes without a safety dump, and then says that there is no way back" do
    instance = small_instance
    restore = databases_restore(instance, backup_with("CREATE TABLE u (a int);"), safety_dump: false)
    restore.check
    expect(restore.needs).to eq({})
    restore.call
    expect(Dir.children(@job.before)).to eq(["journal.json"])
    expect { restore.give_back }.to raise_error(error, /cannot be given back: .*--no-safety-dump/)
  end

  it "keeps the first safety dump when a restore is taken up again" do
    instance = small_instance
    restore = databases_restore(instance, backup_with("CREATE TABLE t AS SELECT 'restored' AS a;"))
    restore.call
    described_class.new(nil, @job).call
    expect(present).to eq("restored")
    restore.give_back
    expect(present).to eq("present")
  end

  it "gives an empty database back as an empty one" do
    instance = database_instance("gbn_main", sql: "SELECT 1")
    restore = databases_restore(instance, backup_with("CREATE TABLE u (a int);"))
    restore.call
    restore.give_back
    expect(cluster.query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", database: "gbn_main")).to eq("0")
  end

  describe "what cannot be restored from" do
    def expect_refusal(text, pattern, trailer: DatabaseRestores::TRAILER)
      @instance ||= small_instance
      restore = databases_restore(@instance, backup_with(text, trailer: trailer))
      expect { restore.call }.to raise_error(error, pattern)
      expect(present).to eq("present")
      expect(File.exist?("#{temp_dir}/witness")).to be(false)
      expect(our_sessions).to eq(0)
    end

    ["!", "i ", "o |", "copy t from program ", "g |"].each do |command|
      it "refuses a planted \\#{command}, and runs nothing" do
        expect_refusal("SELECT 1;\n\\#{command}touch #{temp_dir}/witness\n",
                       /line 2: a command for psql: \\#{Regexp.escape(command)}/)
      end
    end

    it "refuses it behind a planted \\unrestrict, amid a statement, and behind a COPY, too" do
      expect_refusal("\\restrict a\nSELECT 1;\n\\unrestrict a\n\\! touch #{temp_dir}/witness\n",
                     /line 4: a command for psql/)
      expect_refusal("SELECT 1\n\\! touch #{temp_dir}/witness\n;", /line 2: a backslash outside of quotes/)
      expect_refusal("COPY t FROM stdin; \\! touch #{temp_dir}/witness\n\\.\n", /more text behind COPY/)
    end

    it "refuses a dump that ends early" do
      dump = gitlab_instance && dump_of("gbn_main", "--clean", "--if-exists")
      [dump.index("COPY public.issues"), dump.index("\n\\.\n") - 3, dump.rindex("ADD CONSTRAINT"),
       dump.rindex("complete")]
        .each do |at|
        expect_refusal(dump[0, at], /ends (amid|in line \d+ without)/, trailer: "")
      end
    end

    it "refuses a damaged file" do
      instance = small_instance
      backup = backup_with("SELECT '#{Random.new(1).bytes(300_000).unpack1("H*")}';")
      path = "#{backup}/db/database.sql.gz"
      whole = File.binread(path)
      [whole[0, whole.size / 2], whole.dup.tap do |bytes|
        bytes.setbyte(100_000, bytes.getbyte(100_000) ^ 1)
      end, ""].each do |bytes|
        File.binwrite(path, bytes)
        expect { databases_restore(instance, backup).check }.to raise_error(error, /database\.sql\.gz/)
      end
      expect(present).to eq("present")
    end

    it "fails without the main dump, and skips another one that is missing" do
      instance = gitlab_instance
      backup = backup_of([dumps.first])
      restore = databases_restore(instance, backup)
      restore.check
      expect(@job.monitor.warnings)
        .to eq(["Database backup file '#{backup}/db/ci_database.sql.gz' for the ci database does not exist"])
      restore.call
      expect(@job.monitor.lines).to include("Restoring ci database ... [SKIPPED]")
      FileUtils.rm("#{backup}/db/database.sql.gz")
      expect { databases_restore(instance, backup).check }
        .to raise_error(error,
                        "Database backup file '#{backup}/db/database.sql.gz' for the main database does not exist")
    end

    it "says that the password is wrong before anything is touched, without it" do
      cluster.create_role("with_password", password: "pa'ss word")
      instance = small_instance("username" => "with_password", "password" => "wrong-secret")
      expect { databases_restore(instance, backup_with("")).check }
        .to raise_error(error, /password authentication failed/) { |e|
              expect(e.message).not_to include("wrong-secret")
            }
    end
  end

  describe "SQL errors" do
    let(:text) do
      "ALTER TABLE none OWNER TO nobody;\nDROP EXTENSION none;\nSET transaction_tim = 0;\nCREATE TABLE t (a text);\n" \
        "ALTER TABLE t OWNER TO nobody_at_all;\nALTER TABLE t OWNER TO nobody_else;\nCREATE TABLE t (b int);\n" \
        "COPY none FROM stdin;\n1\n\\.\nINSERT INTO t VALUES ('restored');\n"
    end

    it "are told and counted, and the tolerated ones apart" do
      restore = databases_restore(small_instance, backup_with(text))
      outcome = restore.call
      expect([outcome.problem_count, outcome.notes]).to eq([2, { "tolerated SQL error" => 5 }])
      expect(outcome.problems.map(&:reason))
        .to eq(["line 7: relation \"t\" already exists (42P07), in: CREATE TABLE t (b int);",
                "line 8: relation \"none\" does not exist (42P01), in: COPY none FROM stdin;"])
      expect(@job.monitor.warnings.first).to eq("gbn_main: SQL error: #{outcome.problems.first.reason}")
      expect(@job.monitor.lines).to include(/tolerated: ALTER \(42704, 2 times\): role "nobody_at_all" does not exist/)
      expect(present).to eq("restored")
    end

    it "are no problem when they are to be tolerated" do
      outcome = databases_restore(small_instance, backup_with(text), tolerate_sql_errors: true).call
      expect([outcome.problem_count, outcome.notes]).to eq([0, { "tolerated SQL error" => 5, "SQL error" => 2 }])
    end

    it "of a role that owns its database but no extension are tolerated, and nothing is lost" do
      cluster.create_role("plain")
      database_instance("gbn_main", sql: <<~SQL)
        CREATE EXTENSION pg_trgm; CREATE ROLE gone;
        CREATE TABLE t (a text); INSERT INTO t VALUES ('x'); CREATE INDEX i ON t USING gin (a gin_trgm_ops);
        ALTER TABLE t OWNER TO plain; GRANT SELECT ON t TO gone; COMMENT ON EXTENSION plpgsql IS 'ours';
      SQL
      backup = foreign_backup({ "database.sql.gz" => dump_of("gbn_main", "--clean", "--if-exists") })
      cluster.query("REVOKE ALL ON t FROM gone; DROP ROLE gone; DROP TABLE t", database: "gbn_main")
      cluster.query("ALTER DATABASE gbn_main OWNER TO plain")
      instance = instance_with({ "main" => entry("gbn_main").merge("username" => "plain") })
      outcome = databases_restore(instance, backup).call
      expect(outcome.problems.map(&:reason)).to eq([])
      expect(outcome.notes["tolerated SQL error"]).to be_positive
      expect(cluster.query("SELECT a, (SELECT count(*) FROM pg_indexes WHERE indexname = 'i') FROM t",
                           database: "gbn_main")).to eq("x|1")
    ensure
      cluster.query("DROP DATABASE gbn_main WITH (FORCE)")
      cluster.query("DROP ROLE IF EXISTS gone")
    end
  end

  describe "others in the databases" do
    def connect(database = "gbn_main", name: "puma")
      PG.connect(host: cluster.directory, user: "postgres", dbname: database, application_name: name)
    end

    it "are told by program and number" do
      restore = databases_restore(small_instance, backup_with(""))
      eventually { restore.sessions == [] } # the server takes a moment to forget psql's
      others = [connect, connect, connect(name: "")]
      expect(restore.sessions.map(&:to_s)).to eq(["database gbn_main: puma from this machine (2 sessions)",
                                                  "database gbn_main: unknown program from this machine (1 session)"])
    ensure
      others&.each(&:close)
    end

    it "who hold a lock are named, and nothing is dropped" do
      stub_const("Gitlab::Backup::Native::DatabaseCleaner::LOCK_SECONDS", 1)
      restore = databases_restore(small_instance, backup_with(""))
      other = connect
      other.exec("BEGIN; SELECT * FROM t")
      expect { restore.call }
        .to raise_error(error,
                        /in use: session #{other.backend_pid} \(puma from this machine, .* holds t: .*nothing was/)
      expect(present).to eq("present")
      expect(@job.journal["db"]["databases"]["main"]["state"]).to eq("ready")
    ensure
      other&.close
    end
  end

  it "says so when the role may not drop what is there" do
    cluster.create_role("plain")
    instance = small_instance("username" => "plain")
    cluster.query("GRANT SELECT ON t TO plain", database: "gbn_main")
    expect { databases_restore(instance, backup_with("")).call }
      .to raise_error(error,
                      /no permission to clean the database \(.*'gbn_main'\) as the role 'plain': .*; nothing was/)
    expect(present).to eq("present")
  end

  it "names the way back when the server goes away amid the load" do
    own = PostgresCluster.new.start
    instance = database_instance("gbn_main", cluster: own)
    restore = databases_restore(instance, backup_with("CREATE TABLE u (a int);\nSELECT pg_sleep(1000);"))
    thread = Thread.new { restore.call }
    thread.report_on_exception = false
    eventually { own.query("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'") == "1" }
    own.stop(:immediate)
    expect do
      thread.value
    end.to raise_error(error,
                       /Failed to restore from .*; its old content comes back with: gitlab-backup-cli restore undo\z/)
    own.start
    restore.give_back
    expect(own.query("SELECT id FROM t", database: "gbn_main")).to eq("1")
  ensure
    own&.remove
  end

  it "leaves no session, child, thread or descriptor when it is interrupted amid the load" do
    restore = databases_restore(small_instance, backup_with("CREATE TABLE u (a int);\nSELECT pg_sleep(1000);"))
    restore.check
    GC.start
    before = [Processes.descriptors, Thread.list.size, Processes.children]
    thread = Thread.new { restore.call }
    thread.report_on_exception = false
    eventually { cluster.query("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'") == "1" }
    thread.raise(Interrupt)
    expect { thread.join }.to raise_error(Interrupt)
    expect(restore.unfinished).to match(/\Athe main database \(.*\) is not complete\z/)
    eventually { our_sessions.zero? }
    GC.start
    expect([Processes.descriptors, Thread.list.size, Processes.children]).to eq(before)
    restore.give_back
    expect([present, restore.unfinished]).to eq(["present", nil])
  end

  # The lines that differ from one pg_dump to the next.
  { "12" => "SELECT pg_catalog.set_config('search_path', '', false);\nSET default_table_access_method = heap;",
    "17, restricted" => "\\restrict k\n\nSET transaction_timeout = 0;", "18" => "SET transaction_timeout = 0;" }
    .each do |version, header|
      it "reads a dump of pg_dump #{version}" do
        head = "--\n-- PostgreSQL database dump\n--\n\n-- Dumped by pg_dump version #{version}\n\n#{header}\n"
        tail = header.include?("restrict") ? "#{DatabaseRestores::TRAILER}\\unrestrict k\n\n" : DatabaseRestores::TRAILER
        rows = "CREATE TABLE public.t (a text);\nCOPY public.t (a) FROM stdin;\nrestored\n\\.\n\n\n"
        outcome = databases_restore(small_instance, backup_with("#{head}#{rows}", trailer: tail)).call
        expect([outcome.problem_count, present]).to eq([0, "restored"])
      end
    end

  it "connects as GitLab's account where the server asks who we are", if: Process.euid.zero? do
    cluster.create_role("nobody", auth: :peer)
    database_instance("gbn_main", sql: "CREATE TABLE t AS SELECT 'present' AS a; ALTER TABLE t OWNER TO nobody; " \
                                       "ALTER DATABASE gbn_main OWNER TO nobody; GRANT ALL ON SCHEMA public TO nobody")
    instance = instance_with({ "main" => entry("gbn_main").merge("username" => "nobody") }, user: "nobody")
    outcome = databases_restore(instance, backup_with("CREATE TABLE t AS SELECT current_user AS a;")).call
    expect([outcome.problem_count, present, Process.euid]).to eq([0, "nobody", 0])
  end

  it "refuses a pooler that changes sessions before anything is touched", if: PgBouncer.program do
    PgBouncer.to(cluster, pool_mode: "transaction") do |bouncer|
      instance = small_instance(**bouncer.place)
      expect { databases_restore(instance, backup_with(""), safety_dump: false).call }
        .to raise_error(error, /is reached through PgBouncer .*: set GITLAB_BACKUP_PGHOST/)
      expect(present).to eq("present")
    end
  end

  it "counts up through all databases" do
    instance = gitlab_instance
    texts = dumps
    restore = databases_restore(instance, backup_of(texts))
    restore.check
    restore.call
    expect(@job.monitor.estimates).to eq([texts.sum(&:bytesize)])
    expect(@job.monitor.advances.map { |figures| figures[:raw] }).to all(be <= texts.sum(&:bytesize))
  end

  it "refuses a loader nobody knows" do
    instance = instance_of(environment: { "DB_LOADER" => "oracle" })
    job = Gitlab::Backup::Native::RestoreJob.new(instance: instance)
    expect { Gitlab::Backup::Native::DatabaseTools.new(job).check }.to raise_error(error, /DB_LOADER=oracle/)
  end
end
