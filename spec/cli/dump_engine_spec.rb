# frozen_string_literal: true

require "pty"

RSpec.describe "DB_ENGINE on the command line" do
  include DatabaseInstance
  include Terminals
  include TinyInstance

  let(:root) { "#{temp_dir}/gitlab" }
  let(:big) { "CREATE TABLE \"Gr\"\"oß\" AS SELECT i, repeat('x', 900) FROM generate_series(1, 60000) i" }

  before do
    database_instance("db_one", sql: "#{big}; CREATE TABLE t AS SELECT 1 AS id")
    FileUtils.mkdir_p(["#{root}/b", "#{root}/tmp"])
  end

  def back_up(*arguments, **environment)
    cli("backup", "all", "--gitlab-path", root, "--only", "db", *arguments,
        environment: environment.transform_keys(&:to_s))
  end

  def event(result, name)
    result.output.lines.map { |line| JSON.parse(line) }.find { |object| object["event"] == name }
  end

  it "tells in JSON which engine dumped what over how many connections, and keeps it for show" do
    told = event(back_up("--json", "--jobs", "3"), "component_finished")["databases"]
    tables = [{ "table" => "public.\"Gr\"\"oß\"", "rows" => 60_000, "bytes" => 54_408_894 },
              { "table" => "public.t", "rows" => 1, "bytes" => 2 }]
    expect(told).to match([{ "database" => "main", "engine" => "parallel", "connections" => 3, "tables" => tables,
                             "chunks" => be > 10 }])
    id = names_in("#{root}/b")
    shown = cli("show", id, "--json", "--gitlab-path", root)
    expect(JSON.parse(shown.output)["components"][0]["databases"]).to eq(told)
    expect(cli("show", id, "--gitlab-path", root).output).to match(/^largest tables of main +rows +bytes$/)
    told = event(back_up("--json", DB_ENGINE: "pg_dump"), "component_finished")["databases"]
    expect(told.map { |one| one["engine"] }).to eq(["pg_dump"])
  end

  def names_in(path)
    Dir.children(path).grep(/_/).first
  end

  it "refuses an engine there is not before anything is made" do
    result = back_up(DB_ENGINE: "fast")
    expect(result.status.exitstatus).to eq(1)
    expect(result.errors).to match(/\A.*DB_ENGINE=fast is not known: use auto, parallel or pg_dump\n\z/)
    expect(Dir.children("#{root}/b")).to eq([])
  end

  # The server's answers wait, once rows have come, until the terminal shows them.
  it "names the table on a terminal's moving line, and the largest ones at the end" do
    output = +""
    hold = ->(bytes) { sleep(0.01) until bytes < 20_000_000 || output.include?(" rows, ") }
    DatabaseRelay.to(PostgresCluster.shared, before: hold) do |relay|
      instance_with({ "main" => entry("db_one").merge(relay.place) })
      on_terminal(output)
    end
    text = output.delete("\r")
    expect(text).to match(/public\."Gr""oß": \d+ rows, [\d.]+ MiB/)
    expect(text).to match(/^largest tables of main +rows +bytes\npublic\."Gr""oß" +60000 +51\.9 MiB$/)
  end

  def on_terminal(output)
    environment = TinyInstance::ENVIRONMENT.merge("TERM" => "xterm", "COLUMNS" => "200")
    command = [TinyInstance::LAUNCHER, "backup", "all", "--gitlab-path", root, "--only", "db"]
    PTY.spawn(environment, *command) do |reader, _writer, pid|
      everything_on(reader, output)
      Process.wait(pid)
    end
  end
end
