# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Database do
  let(:entry) do
    { "adapter" => "postgresql", "database" => "gitlabhq", "username" => "gitlab", "password" => 1234,
      "host" => "db.example", "port" => 5433, "sslmode" => "verify-full", "sslrootcert" => "/ca.crt", "sslkey" => "" }
  end

  def database(name = "main", variables: {})
    settings = Gitlab::Backup::Native::Instance::Settings.new(entry, file: "database.yml", at: "production.#{name}")
    described_class.new(name, settings, variables: variables)
  end

  it "gives libpq what database.yml says, without what is blank" do
    expect(database.connection_params)
      .to eq(user: "gitlab", password: "1234", host: "db.example", port: "5433", sslmode: "verify-full",
             sslrootcert: "/ca.crt", dbname: "gitlabhq")
  end

  it "does not wait longer for a connection than database.yml allows" do
    entry["connect_timeout"] = 7
    expect(database.connection_params).to include(connect_timeout: "7")
  end

  it "gives the tools the same as PG* variables" do
    expect(database.tool_environment)
      .to eq("PGUSER" => "gitlab", "PGPASSWORD" => "1234", "PGHOST" => "db.example", "PGPORT" => "5433",
             "PGSSLMODE" => "verify-full", "PGSSLROOTCERT" => "/ca.crt")
  end

  it "lets the overrides win in GitLab's order" do
    variables = { "GITLAB_BACKUP_PGHOST" => "d" }
    expect(database(variables: variables).host).to eq("d")
    variables["GITLAB_BACKUP_MAIN_PGHOST"] = "c"
    expect(database(variables: variables).host).to eq("c")
    variables["GITLAB_OVERRIDE_PGHOST"] = "b"
    expect(database(variables: variables).host).to eq("b")
    variables["GITLAB_OVERRIDE_MAIN_PGHOST"] = "a"
    expect(database(variables: variables).host).to eq("a")
  end

  it "passes over blank overrides and those of other connections" do
    variables = { "GITLAB_OVERRIDE_MAIN_PGHOST" => " ", "GITLAB_OVERRIDE_CI_PGHOST" => "ci" }
    expect(database(variables: variables).host).to eq("db.example")
    expect(database("ci", variables: variables).host).to eq("ci")
  end

  it "overrides every variable but the database's name" do
    names = described_class::VARIABLES.values
    variables = (names + %w[PGDATABASE]).to_h { |name| ["GITLAB_BACKUP_#{name}", "x"] }
    expect(database(variables: variables).tool_environment).to eq(names.to_h { |name| [name, "x"] })
    expect(database(variables: variables).database).to eq("gitlabhq")
  end

  it "describes itself without its password" do
    expect(database.description).to eq("host 'db.example', port '5433', database 'gitlabhq'")
    expect(database.inspect).not_to include("1234")
  end
end
