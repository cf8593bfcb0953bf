# frozen_string_literal: true

# Whether the server knows what was loaded: by the command, and by GitLab's task.
RSpec.describe "Statistics behind a restore" do
  include TinyInstance
  include TaskRuns
  include TaskRestores
  include LoadSamples

  let(:name) { "gbn_load_analysis" }
  let(:root) { "#{temp_dir}/gitlab" }

  before do
    FileUtils.mkdir_p(["#{backups_of(root)}/db", "#{root}/tmp"])
    config = { "gitlab" => { "user" => Etc.getpwuid.name }, "backup" => { "path" => backups_of(root) } }
    rails_folder(config: config, database: { "main" => entry(name) }, at: root)
    sample_database(name, "#{LoadSamples::RINGS} CREATE TABLE schema_migrations (version text)")
  end

  after { drop_sample_database(name) }

  def analyzed
    cluster.query("SELECT count(*) FROM pg_stats WHERE schemaname = 'public'", database: name).to_i
  end

  it "is what --no-analyze goes without" do
    expect(cli("backup", "all", "--only", "db", "--gitlab-path", root).status).to be_success
    restore = ["restore", "all", "latest", "--only", "db", "--yes", "--jobs", "2", "--gitlab-path", root]
    result = cli(*restore)
    expect([result.errors, result.status.exitstatus, analyzed]).to match(["", 0, be > 30])
    expect(result.output).to match(/^largest tables of main +rows +bytes\npublic\.ring_\d+ +500 /)
    expect([cli(*restore, "--no-analyze").status.exitstatus, analyzed]).to eq([0, 0])
  end

  it "is there after a restore over one connection, too" do
    expect(cli("backup", "all", "--only", "db", "--gitlab-path", root).status).to be_success
    result = cli("restore", "all", "latest", "--only", "db", "--yes", "--jobs", "1", "--gitlab-path", root)
    expect([result.errors, result.status.exitstatus, analyzed]).to match(["", 0, be > 30])
  end

  it "is what ANALYZE=no goes without" do
    File.binwrite("#{backups_of(root)}/db/database.sql.gz", Zlib.gzip(dump_of(name, "--clean", "--if-exists")))
    write("#{backups_of(root)}/backup_information.yml", information(id: "1_id", skipped: []))
    words = ["gitlab:backup:db:restore", "force=yes", "GITLAB_ASSUME_YES=1"]
    result = rake(root, *words)
    expect([result.errors, result.status.exitstatus, analyzed]).to match(["", 0, be > 30])
    expect(messages(result.output)).to include(/largest tables of the main database: public\.ring_\d+ \(500 rows, /)
    expect([rake(root, *words, "ANALYZE=no").status.exitstatus, analyzed]).to eq([0, 0])
  end
end
