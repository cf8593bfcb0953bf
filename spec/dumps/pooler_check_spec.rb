# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::PoolerCheck do
  include DatabaseInstance

  let(:cluster) { PostgresCluster.shared }
  let(:advice) do
    "which gives transactions different sessions: set GITLAB_BACKUP_PGHOST and GITLAB_BACKUP_PGPORT to " \
      "PostgreSQL itself"
  end
  let(:error) { Gitlab::Backup::Native::DatabaseError }

  before { database_instance("db_one", sql: "CREATE TABLE t AS SELECT i FROM generate_series(1, 500000) i") }

  def back_up(place, **options)
    @job = component_job(instance_with({ "main" => entry("db_one").merge(place) }, **options))
    Gitlab::Backup::Native::Components::Databases.new(@job.instance).backup(@job)
  end

  def expect_no_session
    eventually { cluster.query("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%'") == "0" }
  end

  describe "before PgBouncer", if: PgBouncer.program do
    { "transaction" => {}, "statement" => {}, "transaction with one session" => { default_pool_size: 1 },
      "transaction with new sessions" => { server_round_robin: 1, server_reset_query_always: 1 } }
      .each do |words, settings|
      it "refuses it in the pool mode #{words}, and names what leads past it" do
        PgBouncer.to(cluster, pool_mode: words.split.first, **settings) do |bouncer|
          place = Regexp.escape("(host '127.0.0.1', port '#{bouncer.place["port"]}', database 'db_one')")
          %w[auto pg_dump].each do |engine|
            expect { back_up(bouncer.place, engine: engine) }
              .to raise_error(error, /\Athe database #{place} is reached through PgBouncer \S+, #{advice}\z/)
          end
          expect(Dir.exist?("#{@job.directory}/db")).to be(false)
          expect_no_session
        end
      end
    end

    it "takes what it is in the pool mode session: one session for each" do
      PgBouncer.to(cluster, pool_mode: "session") do |bouncer|
        expect(back_up(bouncer.place).databases.first.to_h).to include(engine: "parallel", connections: 2)
      end
    end
  end

  it "tells when connections come to different servers, and falls for no other's data" do
    second = PostgresCluster.new.start
    database_instance("db_one", cluster: second)
    DatabaseRelay.to(cluster, second) do |relay|
      words = "a second connection comes to another server than the first: set GITLAB_BACKUP_PGHOST and " \
              "GITLAB_BACKUP_PGPORT to the one to dump"
      expect { back_up(relay.place) }.to raise_error(error, /database 'db_one'\): .*: #{words}\z/)
    end
    expect(Dir["#{@job.directory}/{db,manifest}/*"]).to eq([])
    expect_no_session
  ensure
    second&.remove
  end
end
