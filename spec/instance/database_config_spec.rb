# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::Instance::DatabaseConfig do
  include RailsFolder

  let(:path) { "#{temp_dir}/database.yml" }

  def databases(content, environment_name: "production", variables: {})
    File.write(path, content)
    described_class.new(path, environment_name: environment_name, variables: variables).databases
  end

  it "lists the databases with main first" do
    found = databases("production:\n  ci: {database: c}\n  sec: {database: s}\n  main: {database: m}\n")
    expect(found.map { |database| [database.name, database.database, database.product] })
      .to eq([%w[main m db/database.sql.gz], %w[ci c db/ci_database.sql.gz], %w[sec s db/sec_database.sql.gz]])
  end

  it "evaluates ERB and follows aliases" do
    found = databases(<<~YAML)
      default: &default
        host: <%= "/run/" + "postgresql" %>
      production:
        main:
          <<: *default
          database: m
    YAML
    expect(found.first.host).to eq("/run/postgresql")
  end

  it "leaves out connections that share a database and replicas" do
    found = databases("production:\n  main: {database: m}\n  ci: {database: m, database_tasks: false}\n  " \
                      "main_replica: {database: m, replica: true}\n")
    expect(found.map(&:name)).to eq(["main"])
  end

  it "keeps two entries for one database when none is marked as shared, as GitLab does" do
    found = databases("production:\n  main: {database: m}\n  ci: {database: m}\n")
    expect(found.map(&:product)).to eq(%w[db/database.sql.gz db/ci_database.sql.gz])
  end

  it "takes the old flat form as main" do
    expect(databases("production:\n  adapter: postgresql\n  database: m\n  host: h\n").map(&:name)).to eq(["main"])
  end

  it "takes a URL apart" do
    main = databases("production:\n  main: {url: 'postgresql://me:p%40ss@db:6432/gitlab?sslmode=require'}\n").first
    expect(main.tool_environment).to eq("PGUSER" => "me", "PGPASSWORD" => "p@ss", "PGHOST" => "db", "PGPORT" => "6432",
                                        "PGSSLMODE" => "require")
    expect(main.database).to eq("gitlab")
  end

  def refusal(content, **options)
    databases(content, **options)
    nil
  rescue Gitlab::Backup::Native::Error => e
    expect(e.message.lines.size).to eq(1)
    e.message
  end

  it "says so when the environment has no database" do
    expect(refusal("test:\n  main: {database: t}\n")).to match(/#{path} has no database for 'production'.*RAILS_ENV/)
    expect(refusal("production: {}\n")).to include("has no database for 'production'")
    expect(refusal("production:\n  ci: {database: c, database_tasks: false}\n")).to include("has no database")
  end

  it "says which entry names no database" do
    expect(refusal("production:\n  main: {host: h}\n")).to include(path, "'main' names no database")
  end

  it "says where a list stands for a mapping" do
    expect(refusal("production: [a]\n")).to eq("#{path}: production is a list, a mapping belongs there")
    expect(refusal("production:\n  main: {database: [a]}\n"))
      .to eq("#{path}: production.main.database is a list, a text belongs there")
  end

  it "never quotes a password" do
    expect(refusal("production:\n  main: {database: m, password: [s3cret]}\n")).not_to include("s3cret")
    message = refusal("production:\n  main: {url: 'postgresql://me:s3cret@ho st/m'}\n")
    expect([message, message[/s3cret/]]).to match([%r{not a valid URL: write it as postgresql://USER:}, nil])
  end

  it "says that there is no database.yml" do
    expect { described_class.new(path, environment_name: "production", variables: {}).databases }
      .to raise_error(Gitlab::Backup::Native::Error, "GitLab database configuration file: #{path} does not exist")
  end
end
