# frozen_string_literal: true

# Manners of whole runs: over databases and repositories as over files.
RSpec.describe Gitlab::Backup::Native::Manners do
  include TinyInstance
  extend WholeInstance

  whole_instance("spared_server")
  before(:context) do
    FileUtils.mkdir_p("#{@directory}/seen")
    File.chmod(0o777, "#{@directory}/seen")
    %w[pg_dump git].each { |name| witness(name) }
  end

  after { FileUtils.rm_rf(Dir.glob(["#{@demo.backup_path}/*", "#{@directory}/seen/*"])) }

  # Stands before that program in PATH, and writes down as what it was started.
  def witness(name)
    program = Open3.capture2("sh", "-c", "command -v #{name}").first.chomp
    path = write("#{@directory}/bin/#{name}", <<~SH)
      #!/bin/sh
      echo "$(ps -o ni= -p $$ | tr -d ' ') $(ionice -p $$)" >>#{@directory}/seen/#{name}
      exec #{program} "$@"
    SH
    File.chmod(0o755, path)
  end

  def seen(name)
    File.readlines("#{@directory}/seen/#{name}", chomp: true).uniq
  end

  def run(*arguments, **environment)
    path = "#{@directory}/bin:#{ENV.fetch("PATH")}"
    cli("backup", "all", "--gitlab-path", @demo.root, "--backup-id", "id", "--full", *arguments,
        environment: { "PATH" => path, **environment.transform_keys(&:to_s) })
  end

  def summary
    JSON.parse(File.read("#{@demo.backup_path}/id/manifest/summary.json"))
  end

  it "are those of the programs it runs" do
    result = run("--nice", "11", "--ionice", "best-effort:5", "--only", "db,repositories")
    expect([result.errors, result.status.exitstatus]).to eq(["", 0])
    expect([seen("pg_dump"), seen("git")]).to eq([["11 best-effort: prio 5"], ["11 best-effort: prio 5"]])
  end

  # A lower bound alone: what was made in less time was not held back.
  %w[parallel pg_dump].each do |engine|
    it "hold back a dump by DB_ENGINE=#{engine}" do
      expect(run("--only", "db").status.exitstatus).to eq(0)
      raw = summary["components"].sum { |row| row["raw"] }
      FileUtils.rm_rf("#{@demo.backup_path}/id")
      expect(run("--only", "db", "--bwlimit", "#{raw / 2}B", DB_ENGINE: engine).status.exitstatus).to eq(0)
      expect([summary["components"].sum { |row| row["raw"] }, summary["seconds"]]).to match([raw, be > 1.9])
    end
  end
end
