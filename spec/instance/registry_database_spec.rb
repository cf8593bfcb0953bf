# frozen_string_literal: true

RSpec.describe Gitlab::Backup::Native::RegistryDatabase do
  include RailsFolder

  # Prefixes the names. Returns the RegistryDatabase or nil.
  def registry(**variables)
    described_class.of(variables.to_h { |name, value| ["REGISTRY_DATABASE_#{name}", value] })
  end

  it "is left out while only what the registry itself needs is set" do
    expect(registry(HOST: "h", PORT: "1", NAME: "n", USER: "u", SSLMODE: "require", CONNECT_TIMEOUT: "5")).to be_nil
    expect(described_class.of({ "REGISTRY_PASSWORD" => "x", "XREGISTRY_DATABASE_PASSWORD" => "x" })).to be_nil
  end

  %i[PASSWORD SSLCERT SSLKEY SSLROOTCERT ROOTCERT ENABLED].each do |name|
    it "takes part as soon as #{name} is set, whatever to" do
      expect(registry(NAME: "n", name => "")).to have_attributes(name: "registry", database: "n")
    end
  end

  it "gives libpq and the tools what the variables say" do
    database = registry(HOST: "h", PORT: "5433", NAME: "n", USER: "u", PASSWORD: "p", SSLMODE: "verify-ca",
                        SSLCERT: "c", SSLKEY: "k", SSLROOTCERT: "r", CONNECT_TIMEOUT: "7")
    expect(database.connection_params)
      .to eq(host: "h", port: "5433", dbname: "n", user: "u", password: "p", sslmode: "verify-ca", sslcert: "c",
             sslkey: "k", sslrootcert: "r", connect_timeout: "7")
    expect(database.tool_environment)
      .to eq("PGHOST" => "h", "PGPORT" => "5433", "PGUSER" => "u", "PGPASSWORD" => "p", "PGSSLMODE" => "verify-ca",
             "PGSSLCERT" => "c", "PGSSLKEY" => "k", "PGSSLROOTCERT" => "r")
  end

  it "takes the CA file by either name, the documented one first" do
    expect(registry(NAME: "n", ROOTCERT: "b").tool_environment).to eq("PGSSLROOTCERT" => "b")
    expect(registry(NAME: "n", SSLROOTCERT: "", ROOTCERT: "b").tool_environment).to eq("PGSSLROOTCERT" => "b")
    expect(registry(NAME: "n", SSLROOTCERT: "a", ROOTCERT: "b").tool_environment).to eq("PGSSLROOTCERT" => "a")
  end

  it "says that it needs a name" do
    expect { registry(PASSWORD: "geheim") }
      .to raise_error(Gitlab::Backup::Native::Error,
                      "REGISTRY_DATABASE_NAME is not set: set it to the name of the registry's metadata database, or " \
                      "unset the other variables that begin with REGISTRY_DATABASE_, so that it is left out")
  end

  it "says why there is no connection, without its password" do
    database = registry(NAME: "n", HOST: temp_dir, PASSWORD: "geheim")
    expect { Gitlab::Backup::Native::DatabaseConnection.connect(database, account: nil) }
      .to raise_error(Gitlab::Backup::Native::DatabaseError,
                      /\AUnable to connect to the registry database with the provided information: .*: check host/)
    expect(database.inspect).not_to include("geheim")
  end

  it "comes last among an instance's databases" do
    variables = { "REGISTRY_DATABASE_NAME" => "n", "REGISTRY_DATABASE_PASSWORD" => "p",
                  "GITLAB_BACKUP_PGHOST" => "h", "GITLAB_OVERRIDE_REGISTRY_PGHOST" => "h" }
    instance = instance_of(environment: variables)
    expect(instance.databases.map(&:name)).to eq(%w[main registry])
    expect(instance.databases.map(&:host)).to eq(["h", nil])
    expect(instance.databases.last.product).to eq("db/registry_database.sql.gz")
  end
end
