# frozen_string_literal: true

require "open3"

# The tasks with the registry's metadata database and a compressor of the administrator's: there and back, by rake.
RSpec.describe Gitlab::Backup::Native::RegistryDatabase do
  include DatabaseInstance
  include DatabaseRestores
  include TaskRestores
  include TaskRuns
  include TinyInstance

  let(:main) { "registry_task_main" }
  let(:registry) { "registry_task" }
  let(:instance) { database_instance(main, sql: "CREATE TABLE t AS SELECT 1 AS id") }
  let(:tar) { "#{instance.backup_path}/one_gitlab_backup.tar" }
  let(:skip) { "repositories,#{Gitlab::Backup::Native::Component::IDS.drop(2).join(",")}" }
  let(:variables) do
    { "REGISTRY_DATABASE_HOST" => PostgresCluster.shared.directory, "REGISTRY_DATABASE_NAME" => registry,
      "REGISTRY_DATABASE_USER" => "postgres", "REGISTRY_DATABASE_PASSWORD" => "geheim", "SKIP" => skip }
  end

  before do
    FileUtils.mkdir_p(instance.backup_path)
    PostgresCluster.shared.create_database(registry)
    query("CREATE TABLE blobs (id int); INSERT INTO blobs VALUES (1), (2)")
  end

  def query(sql, database: registry)
    PostgresCluster.shared.query(sql, database: database)
  end

  def run(task, *words, **more)
    rake(instance.root, task, "BACKUP=one", *words, environment: TaskRestores::ENVIRONMENT.merge(variables, more))
  end

  it "are dumped, and come back" do
    before = [main, registry].map { |name| dump_of(name) }
    created = run("gitlab:backup:create", "COMPRESS_CMD=xz -0")
    expect([created.errors, created.status.exitstatus]).to eq(["", 0]), created.output
    members, = Open3.capture2("tar", "-tf", tar)
    expect(members.split("\n").grep(/sql/)).to eq(%w[db/database.sql.gz db/registry_database.sql.gz])
    dump, = Open3.capture2("sh", "-c", "tar -xOf '#{tar}' db/registry_database.sql.gz | xz -dc")
    expect(dump).to include("COPY public.blobs (id) FROM stdin;\n1\n2\n\\.\n")
    query("DROP TABLE blobs; CREATE TABLE later (id int)")
    query("DELETE FROM t", database: main)
    restored = run("gitlab:backup:restore", "DECOMPRESS_CMD=xz -dc", "force=yes")
    expect(restored.status.exitstatus).to eq(0), restored.output + restored.errors
    expect([main, registry].map { |name| dump_of(name) }).to eq(before)
    expect([created, restored].map { |result| result.output + result.errors }.join).not_to include("geheim")
  end

  it "are verified by what was packed, to the byte" do
    expect(run("gitlab:backup:create", "COMPRESS_CMD=xz -0").status.exitstatus).to eq(0)
    good, altered = ["xz -dc", "xz -dc | sed s/blobs/BLOBS/"].map do |command|
      run("gitlab:backup:verify", "DECOMPRESS_CMD=#{command}")
    end
    expect([good.status.exitstatus, messages(good.output)])
      .to match([0, include("Verifying database ... done (2 databases are good)")])
    expect([altered.status.exitstatus, messages(altered.output)])
      .to match([1, include(%r{\Adatabase: db/registry_database\.sql\.gz: }, "Verifying database failed: 1 damage")])
  end

  it "fail the component when the registry's server is not there, and nothing else" do
    result = run("gitlab:backup:create", "REGISTRY_DATABASE_HOST" => "/nonexistent")
    expect(result.status.exitstatus).to eq(1)
    expect(messages(result.output).grep(/failed/).first)
      .to start_with("Dumping database failed: Unable to connect to the registry database with the provided " \
                     "information: ")
    expect(result.output + result.errors).not_to include("geheim")
  end
end
