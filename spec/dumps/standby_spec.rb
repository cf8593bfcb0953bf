# frozen_string_literal: true

require "open3"

RSpec.describe Gitlab::Backup::Native::ParallelDump do
  include DatabaseInstance

  let(:primary) { PostgresCluster.shared }
  let(:standby) { PostgresCluster.new(primary: primary).start }
  let(:samples) { File.read(File.expand_path("../support/dump_samples.sql", __dir__)) }

  before do
    primary.create_database("db_one")
    primary.query("SET client_min_messages = error; #{samples}", database: "db_one")
    primary.query("CREATE UNLOGGED TABLE fleeting AS SELECT 1 AS id; CREATE UNLOGGED SEQUENCE fleeting_ids",
                  database: "db_one")
  end

  after do
    standby.remove
    primary.query("DROP DATABASE db_one WITH (FORCE); DROP ROLE IF EXISTS gbn_reader")
  end

  def masked(text)
    text.gsub(/^(\\(un)?restrict) \w+$/n, "\\1")
  end

  def text_of(*command)
    text, status = Open3.capture2(*command, binmode: true)
    expect(status).to be_success
    masked(text)
  end

  def dumped(cluster)
    text_of(real_pg_dump, "--clean", "--if-exists", "-h", cluster.directory, "-U", "postgres", "db_one")
  end

  it "dumps a standby as pg_dump does: all but the content of what is not logged" do
    expect(standby.query("SELECT pg_is_in_recovery()")).to eq("t")
    job = component_job(instance_with({ "main" => entry("db_one", standby) }))
    outcome = Gitlab::Backup::Native::Components::Databases.new(job.instance).backup(job)
    expect(outcome.databases.first.to_h).to include(engine: "parallel", connections: 2, chunks: be > 2)
    text = text_of("gzip", "-dc", "#{job.directory}/db/database.sql.gz")
    expect(text == dumped(standby)).to be(true)
    expect(text).to include("CREATE UNLOGGED TABLE public.fleeting")
    expect(text).not_to match(/^COPY public.fleeting|setval\('public.fleeting_ids/)
    expect(dumped(primary)).to match(/^COPY public.fleeting/)
  end
end
