# frozen_string_literal: true

require "stringio"

# What gitlab:backup:restore asks and tells about databases.
RSpec.describe Gitlab::Backup::Native::RestoreWork do
  include DatabaseInstance
  include DatabaseRestores
  include OuterTars
  include TaskRestores
  include TaskRuns

  let(:native) { Gitlab::Backup::Native }
  let(:output) { StringIO.new }
  let(:questions) { StringIO.new }
  let(:pauses) { [] }
  let(:name) { "task_restore_#{Process.pid}" }
  let(:instance) { database_instance(name) }
  let(:uploads) { "#{instance.root}/public/uploads" }
  let(:left_out) { %w[repositories builds artifacts pages lfs] }

  # more: SQL at the dump's end, before its last words.
  def archive(more: "")
    FileUtils.mkdir_p([instance.backup_path, uploads])
    dump = dump_of(name, "--clean", "--if-exists").sub(DatabaseRestores::TRAILER) { |trailer| "#{more}#{trailer}" }
    zipped = Open3.capture2("gzip", "-c", "-1", stdin_data: dump, binmode: true).first
    outer_tar(instance.backup_path, { "backup_information.yml" => information(skipped: left_out),
                                      "db/database.sql.gz" => zipped,
                                      "uploads.tar.gz" => stock_archive("a.txt" => "old") })
    PostgresCluster.shared.query("UPDATE t SET id = 2", database: name)
  end

  # Runs the task in this process. Returns its status.
  def restore(answers = "", **variables)
    variables = variables.transform_keys(&:to_s)
    made = native::Instance.find(gitlab_path: instance.root, environment: variables)
    context = native::TaskContext.new(made, native::TaskOptions.from(variables), native::TaskLog.new(output: output))
    prompt = native::TaskPrompt.new(assumed: context.options.gitlab_assume_yes, input: StringIO.new(answers),
                                    output: questions)
    native::TaskRestoreRun.new(context, prompt: prompt, pause: -> { pauses << :pause }).call
  end

  def rows
    PostgresCluster.shared.query("SELECT id FROM t", database: name)
  end

  it "warns, asks and waits before tables are removed" do
    archive
    expect([restore("yes\n"), rows.to_s.strip, pauses.size]).to match([0, /1/, 1]), output.string
    expect(output.string)
      .to match(/Stop Puma, Sidekiq.*Removing all tables\. Press `Ctrl-C` within 5 seconds to abort/m)
    expect(questions.string).to eq("Do you want to continue (yes/no)? ")
  end

  it "says what it does in the tasks' words" do
    archive
    restore(force: "yes")
    lines = output.string.lines(chomp: true).map { |line| line[/ -- (.*)/, 1] }
    expect(lines.grep(/\A(Restoring|Cleaning).*(database|\.\.\.)/).first(5))
      .to eq(["Restoring database ... ", "Restoring PostgreSQL database main ... ", "Cleaning the database ... done",
              "Restoring the database ... [DONE]", "Restoring database ... done"])
  end

  it "refuses an archive without the main dump, and names the file" do
    FileUtils.mkdir_p(instance.backup_path)
    outer_tar(instance.backup_path, { "backup_information.yml" => information(skipped: left_out),
                                      "db/ci_database.sql.gz" => "", "uploads.tar.gz" => stock_archive("a" => "") })
    path = "#{instance.backup_path}/#{OuterTars::OUTER_ID}_gitlab_backup.tar"
    expect { restore(force: "yes") }
      .to raise_error(native::Error, "Source database file does not exist #{path}/db/database.sql.gz")
  end

  it "leaves everything as it is for a no" do
    archive
    expect([restore("no\n"), rows.to_s.strip, pauses]).to match([1, /2/, []])
    expect(File.exist?("#{uploads}/a.txt")).to be(false)
    expect(questions.string).to end_with("Quitting...\n")
    expect(Dir.children(instance.backup_path).size).to eq(1)
  end

  it "neither asks nor waits with force" do
    archive
    expect([restore(force: "yes"), rows.to_s.strip, pauses, questions.string]).to match([0, /1/, [], ""])
    expect(output.string).not_to include("Stop Puma")
  end

  it "still waits when yes is assumed" do
    archive
    expect([restore(GITLAB_ASSUME_YES: "1"), pauses.size, questions.string]).to eq([0, 1, ""])
  end

  it "asks nothing about databases that are skipped" do
    archive
    expect([restore(SKIP: "db"), rows.to_s.strip, questions.string]).to match([0, /2/, ""])
    expect(File.read("#{uploads}/a.txt")).to eq("old")
  end

  it "says what was touched when it is ended while it asks" do
    archive
    root = rakefile(instance.root)
    shown = +""
    status = rake_meanwhile(root, "gitlab:backup:restore") do |pid, output, _input|
      shown << output.readpartial(4096) until shown.include?("(yes/no)?")
      Process.kill(:TERM, pid)
      shown << output.read
    end
    expect([status.exitstatus, rows.to_s.strip]).to match([143, /2/]), shown
    expect(messages(shown)).to include("interrupted by SIGTERM, nothing was touched")
    expect(File.exist?("#{root}/tmp/backup_restore.pid")).to be(false)
  end

  it "asks also with CRON, and shows the rest only when the run fails" do
    archive
    result = rake(rakefile(instance.root), "gitlab:backup:restore", "CRON=1", "force=yes")
    expect([result.status.exitstatus, result.output, result.errors]).to eq([0, "", ""])
    result = rake(instance.root, "gitlab:backup:restore", "CRON=1", stdin_data: "no\n")
    expect([result.status.exitstatus, result.output]).to eq([1, "Do you want to continue (yes/no)? Quitting...\n"])
    expect(result.errors).to include("Stop Puma, Sidekiq")
  end

  it "verifies a dump that COMPRESS_CMD has packed as far as it can be" do
    rakefile(instance.root)
    FileUtils.mkdir_p(instance.backup_path)
    skipped = (native::Component::IDS - ["db"]).join(",")
    created = rake(instance.root, "gitlab:backup:create", "SKIP=#{skipped}", "COMPRESS_CMD=bzip2 -1")
    expect(created.status.exitstatus).to eq(0), created.output + created.errors
    result = rake(instance.root, "gitlab:backup:verify")
    expect([result.status.exitstatus, messages(result.output)])
      .to match([0, include(/\Adatabase: no gzip, but what was published/,
                            /\AVerifying database ... done \(1 database is/)])
  end

  describe "SQL errors" do
    before { archive(more: "SELECT 1/0;\n") }

    it "are listed and asked about, and what was there is kept whatever the answer" do
      expect(restore("yes\n", force: "yes")).to eq(1)
      expect(output.string)
        .to match(%r{------ BEGIN ERRORS -----\n.*db/database\.sql\.gz: line \d+: .*22012.*\n.*------ END ERRORS})
      expect(output.string).to include("There were errors in restoring the schema")
      expect([File.read("#{uploads}/a.txt"), Dir.glob("#{instance.backup_path}/*.before").size]).to eq(["old", 1])
    end

    it "end the run for a no" do
      expect { restore("no\n", force: "yes") }.to raise_error(native::Error, /as asked; what was there before is kept/)
      expect(File.exist?("#{uploads}/a.txt")).to be(false)
    end

    it "are no failure with TOLERATE_SQL_ERRORS=yes" do
      expect([restore(force: "yes", TOLERATE_SQL_ERRORS: "yes"), questions.string]).to eq([0, ""])
      expect(Dir.glob("#{instance.backup_path}/*.before")).to eq([])
    end
  end
end
