# frozen_string_literal: true

require "digest"
require "pg"

RSpec.describe Gitlab::Backup::Native::RepositoryList do
  include GitlabSchema

  # The place GitLab computes from an id.
  def hashed(id, root = "@hashed", ending = "")
    sha = Digest::SHA256.hexdigest(id.to_s)
    "#{root}/#{sha[0, 2]}/#{sha[2, 2]}/#{sha}#{ending}.git"
  end

  let(:expected) do
    [["default", hashed(7), "acme/seven", true],
     ["fast", hashed(12), "acme/tools/größer", true],
     ["default", hashed(7, "@hashed", ".wiki"), "acme/seven.wiki", false],
     ["fast", hashed(12, "@hashed", ".wiki"), "acme/tools/größer.wiki", false],
     ["fast", hashed(2, "@groups", ".wiki"), "acme/tools.wiki", false],
     ["fast", hashed(12, "@hashed", ".design"), "acme/tools/größer.design", false],
     ["fast", hashed(4, "@snippets"), "acme/seven/snippets/4", false],
     ["default", hashed(3, "@snippets"), "snippets/3", false]]
  end

  # Runs sql in a new database. Returns the rows of the list made from it.
  def listed(sql = "", rows: GitlabSchema::ROWS)
    connected(gitlab_database(sql: "#{rows}\n#{sql}")) { |connection| described_class.new(connection).each.map(&:to_a) }
  end

  it "reads GitLab's views, kind by kind in its order" do
    expect(listed).to eq(expected)
  end

  it "reads the tables where an older GitLab has no views" do
    expect(listed("DROP VIEW #{GitlabSchema::VIEWS.join(", ")};")).to eq(expected)
  end

  it "reads the table where a view lacks a column" do
    expect(listed("DROP VIEW personal_snippets_view; CREATE VIEW personal_snippets_view AS SELECT id FROM snippets;"))
      .to eq(expected)
  end

  it "goes without the kinds an edition does not have" do
    tables = "DROP VIEW group_wikis_routes_view, project_design_management_routes_view; " \
             "DROP TABLE group_wiki_repositories, design_management_repositories;"
    expect(listed(tables)).to eq(expected.reject { |row| row[1].match?(/@groups|design/) })
  end

  it "keeps a project that has no route, without a name" do
    sql = "DROP VIEW #{GitlabSchema::VIEWS.join(", ")}; DELETE FROM routes WHERE source_id = 12;"
    expect(listed(sql).map { |row| row[1] }).to eq(expected.map { |row| row[1] })
  end

  it "takes the places of legacy storage from the tables that hold them" do
    sql = "CREATE TABLE project_repositories (shard_id int, disk_path varchar, project_id bigint UNIQUE); " \
          "INSERT INTO project_repositories (disk_path, project_id) VALUES ('acme/seven', 7); " \
          "UPDATE snippet_repositories SET disk_path = 'snippets/3' WHERE snippet_id = 3; " \
          "UPDATE group_wiki_repositories SET disk_path = 'acme/tools';"
    expect(listed(sql).map { |row| row[1] })
      .to eq(["acme/seven.git", hashed(12), "acme/seven.wiki.git", hashed(12, "@hashed", ".wiki"),
              "acme/tools.wiki.git", hashed(12, "@hashed", ".design"), hashed(4, "@snippets"), "snippets/3.git"])
  end

  it "knows a group wiki's place with and without its ending" do
    sql = "UPDATE group_wiki_repositories SET disk_path = 'acme/tools.wiki';"
    expect(listed(sql)[4][1]).to eq("acme/tools.wiki.git")
  end

  it "misses none where batches meet" do
    rows = "INSERT INTO namespaces (id, name, path) VALUES (1, 'n', 'n'); " \
           "INSERT INTO projects (id, namespace_id) SELECT i * 3, 1 FROM generate_series(1, 2000) i; " \
           "INSERT INTO routes (source_id, source_type, path, namespace_id) " \
           "SELECT id, 'Project', 'n/' || id, 1 FROM projects;"
    names = listed(rows: rows).map { |row| row[2] }
    expect(names).to eq((1..2000).map { |id| "n/#{id * 3}" } + (1..2000).map { |id| "n/#{id * 3}.wiki" })
  end

  it "sees one moment, whatever is written meanwhile" do
    name = gitlab_database
    rows = connected(name) do |connection|
      described_class.new(connection).each.with_index.map do |job, index|
        PostgresCluster.shared.query("DELETE FROM snippet_repositories", database: name) if index.zero?
        job.to_a
      end
    end
    expect(rows).to eq(expected)
  end

  it "writes nothing, and is not ended by limits made for web requests" do
    settings = %w[transaction_read_only transaction_isolation statement_timeout idle_in_transaction_session_timeout]
    connected(gitlab_database) do |connection|
      connection.exec("SET statement_timeout = '5s'; SET idle_in_transaction_session_timeout = '5s'")
      described_class.new(connection).each do
        seen = settings.map { |name| connection.exec("SHOW #{name}").getvalue(0, 0) }
        expect(seen).to eq(["on", "repeatable read", "0", "0"])
      end
    end
  end

  it "refuses a database that is not GitLab's" do
    connected("postgres") do |connection|
      expect { described_class.new(connection).each.first }
        .to raise_error(Gitlab::Backup::Native::DatabaseError,
                        "database 'postgres' has neither project_routes_view nor the tables projects and routes: " \
                        "`main` in database.yml must be GitLab's own database")
    end
  end

  it "says in one line what the database refused" do
    name = gitlab_database
    PostgresCluster.shared.create_role("stranger")
    connection = PG.connect(host: PostgresCluster.shared.directory, user: "stranger", dbname: name)
    expect { described_class.new(connection).each.first }
      .to raise_error(Gitlab::Backup::Native::DatabaseError,
                      "cannot list the repositories of database '#{name}': ERROR:  permission denied for view " \
                      "project_routes_view")
  ensure
    connection&.close
  end
end
