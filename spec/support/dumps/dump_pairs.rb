# frozen_string_literal: true

require "open3"
require "tempfile"

# Our dump of a database beside pg_dump's of the same snapshot.
module DumpPairs
  # ours, theirs: the texts, binary, without the key of \restrict; dump: the ParallelDump.
  Pair = Struct.new(:ours, :theirs, :dump) do
    # True when both have that text.
    def include?(text)
      [ours, theirs].all? { |whole| whole.include?(text.b) }
    end

    def neither?(text)
      [ours, theirs].none? { |whole| whole.include?(text.b) }
    end

    # nil, or what diff(1) says: a matcher of so long texts tells nothing.
    def difference
      return if ours == theirs

      Dir.mktmpdir("gbn-pair-") do |folder|
        File.binwrite("#{folder}/theirs", theirs)
        File.binwrite("#{folder}/ours", ours)
        Open3.capture2("diff", "-a", "#{folder}/theirs", "#{folder}/ours", binmode: true).first[0, 3000]
      end
    end
  end

  ROLES = ["gbn_reader", "gbn \"röle\""].freeze

  def cluster
    PostgresCluster.shared
  end

  # A new database, with DumpSamples' roles and tablespace for it in the cluster.
  def sample_database(name, sql = DumpSamples.sql)
    ROLES.each { |role| cluster.create_role(role) }
    if cluster.query("SELECT 1 FROM pg_tablespace WHERE spcname = 'gbn_space'").empty?
      cluster.query("SET allow_in_place_tablespaces = on; CREATE TABLESPACE gbn_space LOCATION ''")
    end
    cluster.create_database(name)
    cluster.query("SET client_min_messages = error;\n#{sql}", database: name)
  end

  # Drops the database, if there is one. Roles and tablespace stay for what its dump is loaded into.
  def drop_sample_database(name)
    subscriptions = cluster.query("SELECT subname FROM pg_subscription JOIN pg_database d ON d.oid = subdbid " \
                                  "WHERE datname = '#{name}'").lines(chomp: true)
    # With one it cannot be dropped.
    subscriptions.each { |subscription| cluster.query("DROP SUBSCRIPTION #{subscription}", database: name) }
    cluster.query("SET client_min_messages = error; DROP DATABASE IF EXISTS #{name} WITH (FORCE)")
  end

  # Drops what samples leave in the cluster: other specs make roles of that name, and no standby can be made of a
  # cluster with such a tablespace.
  def forget_samples
    roles = ROLES.map { |role| "\"#{role.gsub("\"", "\"\"")}\"" }
    cluster.query("SET client_min_messages = error; DROP TABLESPACE IF EXISTS gbn_space; " \
                  "DROP ROLE IF EXISTS #{roles.join(", ")}")
  end

  # A Database to connect to as that user.
  def dumped_database(name, user: PostgresCluster::SUPERUSER)
    values = { "database" => name, "host" => cluster.directory, "username" => user }
    Gitlab::Backup::Native::Database.new("main", Gitlab::Backup::Native::Instance::Settings
      .new(values, file: "database.yml", at: "production.main"))
  end

  # Runs the block with a DatabaseSnapshot and returns its value.
  def with_snapshot(name, **options)
    snapshot = Gitlab::Backup::Native::DatabaseSnapshot.take(dumped_database(name, **options), account: nil)
    yield snapshot
  ensure
    snapshot&.release
  end

  # The Pair of a database. jobs: connections at most; user: who reads.
  def pair_of(name, jobs: 3, **options)
    with_snapshot(name, **options) do |snapshot|
      reason = Gitlab::Backup::Native::ParallelDump.objection(snapshot, snapshot.server_major)
      raise "refused: #{reason}" if reason

      theirs = stock_dump(snapshot)
      dump = parallel_dump(snapshot, jobs: jobs)
      Pair.new(our_text(dump), theirs, dump)
    end
  end

  def parallel_dump(snapshot, jobs: 3)
    Gitlab::Backup::Native::ParallelDump.new(snapshot, pg_dump: pg_dump_program, account: nil, jobs: jobs)
  end

  def our_text(dump)
    Tempfile.create("gbn-dump", binmode: true) do |file|
      dump.write(file)
      file.flush
      masked(File.binread(file.path))
    end
  end

  # pg_dump's text in the snapshot; its own words and an exception when it fails.
  def stock_dump(snapshot)
    arguments = [pg_dump_program, "--clean", "--if-exists", "--snapshot=#{snapshot.id}"]
    environment = snapshot.database.tool_environment.merge("PGDATABASE" => snapshot.database.database)
    text, errors, status = Open3.capture3(environment, *arguments, binmode: true)
    status.success? ? masked(text) : raise("pg_dump: #{errors}")
  end

  # Connections and ranges: at least two of each, or nothing was shown.
  def expect_parallel(pair, at_least: 2)
    expect([pair.dump.connections, pair.dump.tally.chunks]).to all(be >= at_least)
    expect(pair.difference).to be_nil
  end

  # Ranges of so many bytes: small tables have many, too.
  def cut_into(bytes)
    stub_const("Gitlab::Backup::Native::DumpTables::RANGE", bytes)
  end

  private

  def pg_dump_program
    "#{PostgresCluster.bin_folder}/pg_dump"
  end

  def masked(text)
    text.gsub(/^(\\(un)?restrict) \w+$/n, "\\1 key")
  end
end

RSpec.configure do |config|
  config.after(:context) { forget_samples if is_a?(DumpPairs) }
end
