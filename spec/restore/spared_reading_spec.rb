# frozen_string_literal: true

# Dumps of which large tables' rows are not read before they are loaded, as there is nothing to lose.
RSpec.describe Gitlab::Backup::Native::RestoredDump do
  include DatabaseInstance
  include DatabaseRestores
  include LoadSamples
  include TinyInstance

  let(:databases) { %w[gbn_spared_main gbn_spared_ci] }
  let(:error) { Gitlab::Backup::Native::Error }
  # Two of 10 MB each, and something of all that has to go again.
  let(:sql) do
    %w[large_0 large_1].map do |table|
      "CREATE TABLE #{table} AS SELECT i AS id, repeat(md5(i::text), 16) AS t FROM generate_series(1, 20000) i; " \
        "CREATE INDEX ON #{table} (id);"
    end.join + <<~SQL
      CREATE TYPE mood AS ENUM ('sad'); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE SCHEMA apart;
      CREATE TABLE apart.t (m mood); CREATE VIEW v AS SELECT * FROM apart.t; CREATE SEQUENCE s; CREATE DOMAIN d AS text;
      CREATE EXTENSION pg_trgm;
    SQL
  end

  after { databases.each { |name| drop_sample_database(name) } }

  def instance
    @instance ||= database_instance(*databases, sql: sql)
  end

  def backup
    @backup ||= own_backup(instance)
  end

  def dumps
    databases.map { |name| dump_of(name, "--clean", "--if-exists") }
  end

  def empty_databases
    databases.each { |name| cluster.create_database(name) }
  end

  # A bit amid the rows of the first large table.
  def flip(file)
    path = "#{backup}/db/#{file}"
    bytes = File.binread(path)
    place = bytes.bytesize / 4
    bytes.setbyte(place, bytes.getbyte(place) ^ 1)
    File.binwrite(path, bytes)
  end

  # What is in it that was not there from the beginning.
  def content(name)
    cluster.query(<<~SQL, database: name)
      SELECT relname FROM pg_class c WHERE relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
      UNION ALL SELECT proname FROM pg_proc WHERE pronamespace::regnamespace::text !~ '^(pg_|information_schema)'
      UNION ALL SELECT typname FROM pg_type WHERE typnamespace::regnamespace::text !~ '^(pg_|information_schema)'
      UNION ALL SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('public', 'information_schema')
      UNION ALL SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'
    SQL
  end

  def message_of
    yield
    nil
  rescue error => e
    e.message
  end

  def expect_refusal(&block)
    expect(&block).to raise_error(error, /database\.sql\.gz is not restored from: .*checksum differs/)
  end

  it "makes the databases what they were" do
    before = instance && dumps
    restore = databases_restore(instance, backup)
    empty_databases
    restore.check
    flip("database.sql.gz") # was not read
    expect_refusal { restore.call }
    flip("database.sql.gz")
    restore = databases_restore(instance, backup)
    restore.check
    expect(restore.call.problem_count).to eq(0)
    expect(dumps == before).to be(true)
  end

  it "calls nobody to drop what is not there" do
    backup
    script = write("#{temp_dir}/bin/gitlab-rake", "#!/bin/sh\necho \"$@\" >> #{temp_dir}/calls\n")
    File.chmod(0o755, script)
    empty_databases
    cluster.query("CREATE SCHEMA gitlab_partitions_static", database: databases.last)
    with_path("#{temp_dir}/bin:#{ENV.fetch("PATH")}") { databases_restore(instance, backup).call }
    expect(File.read("#{temp_dir}/calls")).to eq("gitlab:db:drop_tables:ci\n")
    expect(@job.monitor.lines.grep(/Cleaning/)).to all(end_with("[DONE]")).and have_attributes(size: 2)
  end

  it "knows the statements as if it had read all of the text" do
    source = restore_job(instance, backup).source
    options = { manifest: source.manifest_path("db-main"), row_index: source.row_index("main"), workers: 2 }
    text = Gitlab::Backup::Native::DatabaseText.new(source.place("db/database.sql.gz"), **options)
    bytes = text.outline
    contents = text.contents
    expect([bytes, contents]).to eq([text.check.bytes, text.contents])
    expect(contents.sum { |statement| statement.rows.to_i }).to eq(40_000)
  end

  it "says of a damaged dump what reading it would have said, and leaves the databases empty" do
    backup
    flip("ci_database.sql.gz")
    expected = message_of { databases_restore(instance, backup).check } # they are not empty: all of it is read
    expect(expected).to match(/ci_database\.sql\.gz is not restored from: .*: take another backup, or leave/)
    empty_databases
    restore = databases_restore(instance, backup)
    restore.check
    expect(message_of { restore.call }).to eq(expected)
    expect(@job.monitor.lines).to include("Restoring PostgreSQL database gbn_spared_main ... [DONE]")
    expect(databases.map { |name| content(name) }).to eq(["", ""])
    expect(our_sessions).to eq(0)
    expect(@job.journal.components).to eq([])
    flip("ci_database.sql.gz")
    expect(databases_restore(instance, backup).call.problem_count).to eq(0)
  end

  it "leaves to the databases what they had" do
    backup
    flip("database.sql.gz")
    empty_databases
    cluster.query("CREATE SCHEMA mine; CREATE EXTENSION btree_gist SCHEMA mine", database: databases.first)
    restore = databases_restore(instance, backup)
    restore.check
    expect_refusal { restore.call }
    expect(cluster.query("SELECT extname || nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace " \
                         "WHERE extname <> 'plpgsql'", database: databases.first)).to eq("btree_gistmine")
  end

  { "a table" => "CREATE TABLE mine AS SELECT 1 AS id",
    "a function" => "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'" }.each do |what, statement|
    it "reads all of it before anything is dropped where there is #{what}" do
      backup
      flip("database.sql.gz")
      empty_databases
      cluster.query(statement, database: databases.last)
      expect_refusal { databases_restore(instance, backup).check }
      expect(content(databases.last)).to include("mine")
    end
  end

  it "reads all of it when something has come into a database meanwhile" do
    backup
    flip("database.sql.gz")
    empty_databases
    restore = databases_restore(instance, backup)
    restore.check
    cluster.query("CREATE TABLE mine AS SELECT 1 AS id", database: databases.last)
    expect_refusal { restore.call }
    expect([content(databases.first), content(databases.last)]).to match(["", include("mine")])
  end

  it "reads all of it when the restore goes on with an earlier one" do
    backup
    flip("database.sql.gz")
    empty_databases
    restore = databases_restore(instance, backup)
    @job.journal.record("uploads", state: "moved")
    expect_refusal { restore.check }
  end

  it "reads all of it when the index is of another text" do
    name = "manifest/db-main.rows.json"
    wrong = JSON.parse(File.read("#{backup}/#{name}")).tap { |index| index["rows"][1][0] += 1 }
    text = JSON.generate(wrong)
    list = "#{backup}/#{Gitlab::Backup::Native::Checksums::NAME}"
    sums = Gitlab::Backup::Native::Checksums.parse(File.read(list)).merge(name => Digest::SHA256.hexdigest(text))
    write("#{backup}/#{name}", text)
    write(list, Gitlab::Backup::Native::Checksums.text(sums))
    before = dumps
    empty_databases
    expect(restore_job(instance, backup).source.row_index("main").rows.size).to eq(2)
    flip("database.sql.gz")
    expect_refusal { databases_restore(instance, backup).check }
    flip("database.sql.gz")
    expect([databases_restore(instance, backup).call.problem_count, dumps == before]).to eq([0, true])
  end

  it "does not look at an index that differs from the list of checksums" do
    File.write("#{backup}/manifest/db-main.rows.json", "{}")
    expect(restore_job(instance, backup).source.row_index("main")).to be_nil
  end

  it "says how to get rid of what was loaded when the server is gone" do
    own = PostgresCluster.new.start
    @instance = database_instance(databases.first, cluster: own, sql: sql)
    backup
    flip("database.sql.gz")
    own.create_database(databases.first)
    restore = databases_restore(instance, backup)
    restore.check
    @job.monitor.define_singleton_method(:info) { |line| own.stop(:immediate) if line.end_with?("[FAILED]") }
    expect(message_of { restore.call })
      .to match(/checksum differs.*; what was loaded of it is still there: cannot connect .*; it goes with: .*undo\z/)
    own.start
    expect(own.query("SELECT count(*) FROM large_0", database: databases.first)).to match(/\A\d+\z/)
    restore.give_back
    expect(own.query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'",
                     database: databases.first)).to eq("0")
  ensure
    own&.remove
  end

  describe "of a whole backup" do
    let(:root) { tiny_instance(uploads: { "a.txt" => "present" }) }

    before do
      instance
      rails_folder(config: { "gitlab" => { "user" => Etc.getpwuid.name }, "backup" => { "path" => backups_of(root) } },
                   database: { "main" => entry(databases.first) }, at: root)
      only = %w[--only db,uploads]
      result = cli("backup", "all", *only, "--gitlab-path", root, "--backup-id", "one")
      raise result.output + result.errors unless result.status.success?

      write("#{root}/public/uploads/a.txt", "newer")
      @backup = "#{backups_of(root)}/one"
      empty_databases
    end

    def restore
      cli("restore", "all", "one", "--only", "db,uploads", "--yes", "--gitlab-path", root)
    end

    it "ends the run before anything else is replaced, and nothing is left of it" do
      flip("database.sql.gz")
      result = restore
      expect(result.status.exitstatus).to eq(1)
      expect(result.output + result.errors).to match(/database\.sql\.gz is not restored from: .*--skip db/)
      expect([content(databases.first), File.read("#{root}/public/uploads/a.txt"), names(root)])
        .to eq(["", "newer", %w[one]])
      flip("database.sql.gz")
      expect([restore.status.exitstatus, File.read("#{root}/public/uploads/a.txt")]).to eq([0, "present"])
    end
  end
end
