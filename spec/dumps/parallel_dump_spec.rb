# frozen_string_literal: true

require "open3"
require "tempfile"

RSpec.describe Gitlab::Backup::Native::ParallelDump do
  include DatabaseInstance

  let(:cluster) { PostgresCluster.shared }
  let(:name) { "gbn_parallel" }
  let(:samples) { File.read(File.expand_path("../support/dump_samples.sql", __dir__)) }
  let(:database) { instance_with({ "main" => entry(name) }).databases.first }

  before do
    cluster.create_database(name)
    cluster.query("DROP ROLE IF EXISTS gbn_reader")
    cluster.query("SET client_min_messages = error;\n#{samples}", database: name)
  end

  after do
    cluster.query("DROP DATABASE #{name} WITH (FORCE)")
    cluster.query("DROP ROLE IF EXISTS gbn_reader")
  end

  def with_snapshot
    snapshot = Gitlab::Backup::Native::DatabaseSnapshot.take(database, account: nil)
    yield snapshot
  ensure
    snapshot&.release
  end

  def masked(text)
    text.gsub(/^(\\(un)?restrict) \w+$/n, "\\1 key")
  end

  def stock(snapshot)
    text, status = Open3.capture2(real_pg_dump, "--clean", "--if-exists", "--snapshot=#{snapshot.id}", "-h",
                                  cluster.directory, "-U", "postgres", name, binmode: true)
    expect(status).to be_success
    masked(text)
  end

  def parallel(snapshot, jobs: 3)
    Tempfile.create("gbn-dump") do |file|
      file.binmode
      described_class.new(snapshot, pg_dump: real_pg_dump, account: nil, jobs: jobs).write(file)
      file.flush
      masked(File.binread(file.path))
    end
  end

  # diff(1) tells where, which a matcher of so long texts does not.
  def expect_same(text, other)
    return if text == other

    File.binwrite("#{temp_dir}/theirs", other)
    File.binwrite("#{temp_dir}/ours", text)
    raise Open3.capture2("diff", "-a", "#{temp_dir}/theirs", "#{temp_dir}/ours").first[0, 3000]
  end

  it "writes what pg_dump writes, byte for byte" do
    with_snapshot do |snapshot|
      expect(described_class.objection(snapshot, snapshot.server_major)).to be_nil
      expected = stock(snapshot)
      expect(expected).to include("-- load via partition root public.by_mood", "REFRESH MATERIALIZED VIEW public.mvpk2",
                                  "COPY public.columnless  FROM stdin;")
      [1, 2, 4].each { |jobs| expect_same(parallel(snapshot, jobs: jobs), expected) }
    end
  end

  it "cuts tables into many ranges" do
    stub_const("Gitlab::Backup::Native::DumpTables::RANGE", 20_000)
    with_snapshot { |snapshot| expect_same(parallel(snapshot), stock(snapshot)) }
  end
end
