# frozen_string_literal: true

require "open3"

# Which engine the tasks dump with, by rake.
RSpec.describe Gitlab::Backup::Native::DumpEngine do
  include DatabaseInstance
  include TaskRestores
  include TaskRuns
  include TinyInstance

  let(:rows) { "CREATE TABLE t AS SELECT i AS id, repeat('x', 500) AS text FROM generate_series(1, 20000) i" }
  let(:instance) { database_instance("engine_task", sql: "#{rows}; SELECT lo_create(4711)") }

  before { FileUtils.mkdir_p(instance.backup_path) }

  def run(task, *words)
    rake(instance.root, task, "BACKUP=one", *words, environment: TaskRestores::ENVIRONMENT)
  end

  it "is ours, and its largest tables are told" do
    PostgresCluster.shared.query("SELECT lo_unlink(4711)", database: "engine_task")
    result = run("gitlab:backup:db:create", "GITLAB_BACKUP_MAX_CONCURRENCY=2")
    expect([result.errors, result.status.exitstatus]).to eq(["", 0])
    expect(messages(result.output)).to include(
      "Dumping database ... ", "Dumping PostgreSQL database engine_task ... [DONE]", "Dumping database ... done",
      "database: largest tables of the main database: public.t (20000 rows, 9.7 MiB)"
    )
    text, = Open3.capture2("gzip", "-dc", "#{instance.backup_path}/db/database.sql.gz", binmode: true)
    expect(text.scan(/^\d+\tx+$/).size).to eq(20_000)
  end

  it "is pg_dump where it has to be, and a line says why" do
    result = run("gitlab:backup:db:create")
    expect(result.status.exitstatus).to eq(0)
    expect(messages(result.output))
      .to include("The main database is dumped by pg_dump alone: it has large objects")
  end

  it "is refused when it is not known, before anything is made" do
    %w[gitlab:backup:create gitlab:backup:db:create].each do |task|
      result = run(task, "DB_ENGINE=swift")
      expect(result.status.exitstatus).to eq(1)
      expect(messages(result.output).last).to eq("DB_ENGINE=swift is not known: use auto, parallel or pg_dump")
      expect(result.output).not_to include("Dumping")
    end
    expect(Dir.children(instance.backup_path).grep(/db|tar|manifest/)).to eq([])
  end
end
