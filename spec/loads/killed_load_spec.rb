# frozen_string_literal: true

require "pg"

# What ends a restore whose rows are there, while indexes are being built.
RSpec.describe "A load that is killed" do
  include TinyInstance
  include LoadSamples

  let(:name) { "gbn_load_killed" }
  let(:root) { "#{temp_dir}/gitlab" }
  # An index whose function waits for a lock of ours.
  let(:gated) do
    "#{LoadSamples::RINGS} CREATE TABLE schema_migrations (version text); " \
      "CREATE FUNCTION gate(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN " \
      "PERFORM pg_catalog.pg_advisory_xact_lock_shared(4711); RETURN $1; END$$; " \
      "CREATE TYPE mood AS ENUM ('so', 'so la la'); CREATE DOMAIN positive AS int CHECK (VALUE > 0); " \
      "CREATE TYPE pair AS (one int, other int); CREATE TYPE span AS RANGE (subtype = int); CREATE SEQUENCE alone; " \
      "CREATE INDEX gated ON ring_#{Random.new(RSpec.configuration.seed).rand(12)} (gate(id))"
  end

  after { drop_sample_database(name) }

  # Runs the block in between, with the lock.
  def gate_locked
    connection = PG.connect(host: cluster.directory, user: "postgres", dbname: name, application_name: "holder")
    connection.exec("SELECT pg_advisory_lock(4711)")
    yield
  ensure
    connection&.close
  end

  # Starts the restore and sends it that signal when the index waits, and other connections are there as well. Returns
  # what it said, and its status.
  def end_restore(signal)
    output, writer = IO.pipe
    pid = spawn(TinyInstance::ENVIRONMENT, TinyInstance::LAUNCHER, "restore", "all", "latest", "--yes", "--only", "db",
                "--jobs", "3", "--force-connected", "--gitlab-path", root, out: writer, err: writer, pgroup: true)
    writer.close
    eventually { cluster.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == "1" }
    expect(our_sessions).to be > 1
    Process.kill(signal, -pid)
    [output.read, Process.wait2(pid).last]
  ensure
    output.close
  end

  # A backup, and in its place a database with other content. Returns its dump.
  def prepare
    config = { "gitlab" => { "user" => Etc.getpwuid.name }, "backup" => { "path" => backups_of(root) } }
    FileUtils.mkdir_p(backups_of(root))
    rails_folder(config: config, database: { "main" => entry(name) }, at: root)
    sample_database(name, gated)
    backup = cli("backup", "all", "--only", "db", "--gitlab-path", root)
    expect([backup.errors, backup.status.exitstatus]).to eq(["", 0])
    # GitLab's way of emptying a database leaves functions in it, and types.
    sample_database(name, "#{LoadSamples::RINGS} UPDATE ring_1 SET other = other % 9 + 1; CREATE TABLE later (id int)")
    dump_of(name, "--clean", "--if-exists")
  end

  def undo
    undone = cli("restore", "undo", "--yes", "--gitlab-path", root)
    expect([undone.errors, undone.status.exitstatus]).to eq(["", 0])
  end

  it "is undone by one command, and the old database is back" do
    old = prepare
    gate_locked { end_restore(:KILL) }
    eventually { our_sessions.zero? }
    expect(cluster.query("SELECT count(*), to_regclass('later') FROM ring_1", database: name)).to eq("500|")
    again = cli("restore", "all", "latest", "--only", "db", "--gitlab-path", root, stdin_data: "n\n")
    expect(again.output + again.errors).to match(/was not completed.*gitlab-backup-cli restore undo/m)
    undo
    expect_same(dump_of(name, "--clean", "--if-exists"), old)
  end

  { INT: 130, TERM: 143 }.each do |signal, status|
    it "ends its statements at once on SIG#{signal}, and names the command that undoes it" do
      old = prepare
      gate_locked do
        said, ended = end_restore(signal)
        expect([ended.exitstatus, said]).to match([status, /restore undo/])
        eventually { our_sessions.zero? } # what they wait for is still locked
      end
      undo
      expect_same(dump_of(name, "--clean", "--if-exists"), old)
    end
  end
end
