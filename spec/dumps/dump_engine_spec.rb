# frozen_string_literal: true

require "open3"
require "timeout"

RSpec.describe Gitlab::Backup::Native::DumpEngine do
  include DatabaseInstance

  let(:cluster) { PostgresCluster.shared }
  let(:error) { Gitlab::Backup::Native::Error }
  let(:rows) { "CREATE TABLE t AS SELECT i AS id, repeat('x', 500) AS text FROM generate_series(1, 20000) i" }
  let(:large_object) { "SELECT lo_create(4711)" }

  def back_up(instance, job = component_job(instance))
    @job = job
    Gitlab::Backup::Native::Components::Databases.new(instance).backup(job)
  end

  def content(name = "database.sql.gz")
    text, status = Open3.capture2("gzip", "-dc", "#{@job.directory}/db/#{name}", binmode: true)
    expect(status).to be_success
    text.gsub(/^(\\(un)?restrict) \w+$/n, "\\1")
  end

  def dumped_by_hand(database)
    Open3.capture2(real_pg_dump, "--clean", "--if-exists", "-h", cluster.directory, "-U", "postgres", database,
                   binmode: true).first.gsub(/^(\\(un)?restrict) \w+$/n, "\\1")
  end

  def rows_of(dump)
    dump[/^COPY public.t .*? FROM stdin;\n(.*?)^\\\.$/m, 1]
  end

  def sessions
    cluster.query("SELECT count(*) FROM pg_stat_activity WHERE application_name ~ '^(gitlab-backup-native|pg_dump)'")
  end

  it "is ours where nothing is against it, over as many connections as there are workers" do
    outcome = back_up(database_instance("db_one", sql: rows))
    expect(content == dumped_by_hand("db_one")).to be(true)
    expect(outcome.databases.map(&:figures))
      .to match([{ "database" => "main", "engine" => "parallel", "connections" => 2, "chunks" => be_between(2, 10),
                   "tables" => [{ "table" => "public.t", "rows" => 20_000, "bytes" => rows_of(content).bytesize }] }])
    expect(@job.monitor.lines).to eq(["Dumping PostgreSQL database db_one ... [DONE]"])
  end

  it "is pg_dump where that is asked for" do
    outcome = back_up(database_instance("db_one", sql: rows, engine: "pg_dump"))
    expect(content == dumped_by_hand("db_one")).to be(true)
    expect(outcome.databases.map(&:figures))
      .to eq([{ "database" => "main", "engine" => "pg_dump", "connections" => 1, "tables" => [] }])
    expect(@job.monitor.lines.size).to eq(1)
  end

  it "falls back to pg_dump and says why, for the database it has to" do
    instance = database_instance("db_one", "db_two")
    cluster.query(large_object, database: "db_two")
    outcome = back_up(instance)
    expect(outcome.databases.map { |facts| [facts.database, facts.engine, facts.fallback] })
      .to eq([["main", "parallel", nil], ["ci", "pg_dump", "it has large objects"]])
    expect(content("ci_database.sql.gz")).to include("lo_create('4711')")
    expect(@job.monitor.lines.first).to eq("The ci database is dumped by pg_dump alone: it has large objects")
  end

  it "falls back to pg_dump when that writes in a way of its own, without losing anything" do
    with_pg_dump("$REAL \"$@\" | sed 's/^SET row_security/SET  row_security/'") do
      outcome = back_up(database_instance("db_one", sql: rows))
      expect(outcome.databases.first.engine).to eq("pg_dump")
      expect(outcome.databases.first.fallback).to match(/writes its dumps in a form that is not known here/)
    end
    expect(content.sub("SET  row", "SET row") == dumped_by_hand("db_one")).to be(true)
  end

  it "passes on what pg_dump has to say, once" do
    with_pg_dump("echo 'pg_dump: warning: odd' >&2; exec $REAL \"$@\"") do
      expect(back_up(database_instance("db_one")).databases.first.engine).to eq("parallel")
    end
    expect(@job.monitor.warnings).to eq(["pg_dump of the main database says: pg_dump: warning: odd"])
  end

  it "fails instead when ours was demanded" do
    instance = database_instance("db_one", sql: large_object, engine: "parallel")
    expect { back_up(instance) }
      .to raise_error(error, /\ADB_ENGINE=parallel: the main database \(host .*\) has to be dumped by pg_dump: it has /)
    expect(Dir.exist?("#{@job.directory}/db")).to be(false)
  end

  it "is refused before anything starts when there is no such engine" do
    %w[Parallel pgdump].each do |word|
      databases = Gitlab::Backup::Native::Components::Databases.new(instance_of(environment: { "DB_ENGINE" => word }))
      expect { databases.check }.to raise_error(error, "DB_ENGINE=#{word} is not known: use auto, parallel or pg_dump")
    end
    expect(described_class.choice(instance_of(environment: { "DB_ENGINE" => "" }))).to eq("auto")
  end

  it "connects as gitlab.user, whom peer authentication knows", if: Process.euid.zero? do
    cluster.create_role("nobody", auth: :peer)
    instance = database_instance("db_one", user: "nobody", sql: "#{rows}; GRANT SELECT ON t TO nobody",
                                           "username" => "nobody")
    with_pg_dump("id -un >&2; exec $REAL \"$@\"") do
      expect(back_up(instance).databases.first.to_h).to include(engine: "parallel", connections: 2)
    end
    expect(@job.monitor.warnings).to eq(["pg_dump of the main database says: nobody"])
    expect([Process.euid, File.stat("#{@job.directory}/db/database.sql.gz").uid]).to eq([0, 0])
  end

  it "feeds the command of COMPRESS_CMD and keeps to GZIP_RSYNCABLE" do
    options = Gitlab::Backup::Native::TaskOptions
    instance = database_instance("db_one", sql: rows)
    [options.new(compress_cmd: "gzip -9"), options.new(gzip_rsyncable: true)].each_with_index do |option, number|
      job = component_job(instance, directory: "#{temp_dir}/work#{number}")
      job.options = option
      expect(back_up(instance, job).databases.first.engine).to eq("parallel")
      expect(content == dumped_by_hand("db_one")).to be(true)
    end
  end

  describe "when it ends early" do
    def expect_nothing_left(before)
      expect(Dir["#{@job.directory}/{db,manifest}/*"]).to eq([])
      eventually { sessions == "0" }
      eventually { Thread.list.size == before.last }
      expect(Processes.descriptors).to be <= before.first
      locks = "SELECT count(*) FROM pg_locks WHERE relation = 't'::regclass"
      expect(cluster.query(locks, database: "db_one")).to eq("0")
    end

    def counts
      [Processes.descriptors, Thread.list.size]
    end

    it "leaves nothing behind when it is interrupted, whatever it is at" do
      database_instance("db_one", sql: rows)
      before = counts
      [1, 2000, 10_000, 30_000, 100_000, 1_000_000, 5_000_000].each do |moment|
        thread = nil
        interrupt = ->(bytes) { thread.raise(Interrupt) if bytes >= moment && (moment = Float::INFINITY) }
        DatabaseRelay.to(cluster, before: interrupt) do |relay|
          instance = instance_with({ "main" => entry("db_one").merge(relay.place) })
          job = component_job(instance, directory: "#{temp_dir}/work#{moment}")
          thread = Thread.new { back_up(instance, job) }
          thread.report_on_exception = false
          expect { thread.join }.to raise_error(Interrupt)
        end
        expect_nothing_left(before)
      end
    end

    it "tells the disk's failure, not that of the pipe" do
      skip "no file system may be mounted here" unless Process.euid.zero?
      instance = database_instance("db_one", sql: rows.sub("repeat('x', 500)", "md5(i::text) || md5((-i)::text)"))
      before = counts
      Dir.mkdir("#{temp_dir}/small")
      expect(system("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", "#{temp_dir}/small")).to be(true)
      expect { back_up(instance, component_job(instance, directory: "#{temp_dir}/small")) }
        .to raise_error(error, %r{\AFailed to back up the main .*small/db/database.sql.gz: No space left on device\z})
      expect_nothing_left(before)
    ensure
      system("umount", "-l", "#{temp_dir}/small", err: File::NULL)
    end

    it "names the table that cannot be read" do
      cluster.create_role("gbn_reader")
      instance = database_instance("db_one", sql: "CREATE TABLE t (); CREATE TABLE secrets (); GRANT SELECT ON t TO " \
                                                  "gbn_reader", "username" => "gbn_reader")
      before = counts
      place = "host '#{cluster.directory}', port '5432', database 'db_one'"
      file = File.join(temp_dir, "work", "db/database.sql.gz")
      expect { back_up(instance) }
        .to raise_error(error, "Failed to create compressed file '#{file}' when trying to backup the " \
                               "main database (#{place}): permission denied for table secrets")
      expect_nothing_left(before)
    end
  end
end
