# frozen_string_literal: true

require "pg"

RSpec.describe Gitlab::Backup::Native::DatabaseConnection do
  include DatabaseInstance

  let(:database) { instance_with({ "main" => entry("postgres") }).databases.first }

  it "gives the block a connection, returns its value and closes the connection" do
    connection = nil
    value = described_class.open(database, account: nil) do |open|
      connection = open
      open.exec("SELECT current_database()").getvalue(0, 0)
    end
    expect([value, connection.finished?]).to eq(["postgres", true])
  end

  it "shows the server who is connected" do
    name = described_class.open(database, account: nil) { |open| open.exec("SHOW application_name").getvalue(0, 0) }
    expect(name).to eq("gitlab-backup-native")
  end

  it "says where a connection was lost" do
    lost = lambda do |connection|
      PostgresCluster.shared.query("SELECT pg_terminate_backend(#{connection.backend_pid})")
      connection.exec("SELECT 1")
    end
    expect { described_class.open(database, account: nil, &lost) }
      .to raise_error(Gitlab::Backup::Native::DatabaseError) { |error|
        expect(error.message).to match(/the connection to the database is lost \(host .*database 'postgres'\)/)
        expect(error.message.lines.size).to eq(1)
      }
  end
end
