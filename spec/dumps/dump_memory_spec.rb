# frozen_string_literal: true

require "open3"

# The most memory a whole dump takes, compressed as in a backup: 96 MiB, 8 MiB for each worker, and four times the
# longest row as COPY text, for libpq hands out whole rows.
RSpec.describe Gitlab::Backup::Native::ParallelDump, deep: true do
  include DumpPairs

  let(:name) { "gbn_memory" }
  let(:mib) { 1024 * 1024 }
  # Arguments: host, database, pg_dump, target, workers. Prints the peak in KiB, connections and ranges.
  let(:program) { <<~'RUBY' }
    require "gitlab/backup/native"
    include Gitlab::Backup::Native
    host, name, pg_dump, target, workers = ARGV
    values = { "database" => name, "host" => host, "username" => "postgres" }
    settings = Instance::Settings.new(values, file: "database.yml", at: "main")
    snapshot = DatabaseSnapshot.take(Database.new("main", settings), account: nil)
    dump = ParallelDump.new(snapshot, pg_dump: pg_dump, account: nil, jobs: Integer(workers))
    dump.open do
      reader, writer = IO.pipe(binmode: true)
      thread = Thread.new do
        dump.write(writer)
      ensure
        writer.close
      end
      Stream.new(io: reader, target: target, manifest: "#{target}.msgpack", product: "db/database.sql.gz",
                 backup_id: "spec", workers: Integer(workers)).run
      thread.value
      puts File.read("/proc/self/status")[/VmHWM:\s*(\d+)/, 1], dump.connections, dump.tally.chunks
    end
  RUBY

  before do
    cluster.create_database(name)
    cluster.query("CREATE TABLE plain AS SELECT i AS id, repeat(md5(i::text), 3) AS t FROM generate_series(1, 1000) i",
                  database: name)
  end

  after { cluster.query("DROP DATABASE #{name} WITH (FORCE)") }

  # [peak bytes, connections, ranges] of a dump, whose text has to be pg_dump's.
  def dumped(workers: 2)
    target = "#{temp_dir}/database.sql.gz"
    output, errors, status = Open3.capture3(RbConfig.ruby, *$LOAD_PATH.map { |path| "-I#{path}" }, "-e", program,
                                            cluster.directory, name, pg_dump_program, target, workers.to_s)
    raise errors unless status.success?

    expect(sum("gzip -dc #{target}")).to eq(sum("#{pg_dump_program} --clean --if-exists -h #{cluster.directory} " \
                                                "-U postgres #{name}"))
    kib, *counts = output.split.map(&:to_i)
    [kib * 1024, *counts]
  end

  # Without the lines that hold a key.
  def sum(command)
    Open3.capture2("#{command} | LC_ALL=C sed '/^\\\\restrict /d; /^\\\\unrestrict /d' | sha256sum").first
  end

  def size_of(expression)
    Integer(cluster.query("SELECT #{expression}", database: name))
  end

  def expect_within(peak, row: 0, workers: 2)
    limit = ((96 + (workers * 8)) * mib) + (4 * row)
    warn(format("peak of %<peak>d MiB, %<limit>d allowed", peak: peak / mib, limit: limit / mib))
    expect(peak).to be <= limit
  end

  { "alone in its table" => 0, "among small ones" => 3000 }.each do |where, others|
    it "keeps to it with 200 MB in one row, #{where}" do
      cluster.query(<<~SQL, database: name)
        CREATE TABLE tall (id int, t text, b bytea);
        ALTER TABLE tall ALTER t SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL;
        INSERT INTO tall SELECT i, repeat('s', 4000) FROM generate_series(1, #{others}) i;
        INSERT INTO tall VALUES (-1, repeat('0123456789abcdef', 6500000), decode(repeat('00ff5c0a', 13000000), 'hex'));
        INSERT INTO tall SELECT i, repeat('s', 4000) FROM generate_series(1, #{others}) i;
      SQL
      row = (6_500_000 * 16) + (52_000_000 * 2)
      expect(size_of("pg_table_size('tall')")).to be > 150_000_000
      peak, connections, ranges = dumped
      expect([connections, ranges]).to all(be >= 2)
      expect_within(peak, row: row)
    end
  end

  it "keeps to it however many connections there are for rows of 100 MB" do
    cluster.query(<<~SQL, database: name)
      CREATE TABLE tall (id int, filler text, t text);
      ALTER TABLE tall ALTER filler SET STORAGE PLAIN, ALTER t SET STORAGE EXTERNAL;
      INSERT INTO tall SELECT i, repeat('f', 6000), repeat('0123456789abcdef', 6500000) FROM generate_series(1, 8) i;
      SELECT format('CREATE TABLE other_%s AS SELECT 1 AS id', i) FROM generate_series(1, 8) i \\gexec
    SQL
    peak, connections, = dumped(workers: 8)
    expect(connections).to eq(8)
    expect_within(peak, row: 6_500_000 * 16, workers: 8)
  end

  it "keeps to it with a table of 2 GB" do
    cluster.query("CREATE UNLOGGED TABLE huge (id int, t text); INSERT INTO huge SELECT i, repeat(md5(i::text), 12) " \
                  "FROM generate_series(1, 5000000) i", database: name)
    expect(size_of("pg_table_size('huge')")).to be > 2_000_000_000
    peak, connections, ranges = dumped
    expect([connections, ranges]).to match([2, be > 400])
    expect_within(peak)
  end

  it "keeps to it with a table whose heap is a hundredth of what is out of line" do
    cluster.query(<<~SQL, database: name)
      CREATE UNLOGGED TABLE aside (id int, t text);
      ALTER TABLE aside ALTER t SET STORAGE EXTERNAL;
      INSERT INTO aside SELECT i, repeat(md5(i::text), 125) FROM generate_series(1, 150000) i;
    SQL
    expect(size_of("pg_table_size('aside') / pg_relation_size('aside')")).to be_between(90, 140)
    peak, connections, ranges = dumped
    expect([connections, ranges]).to match([2, be > 100])
    expect_within(peak)
  end
end
