# frozen_string_literal: true

require_relative "postgres_cluster"

# A database with the tables and views of GitLab's that name repositories.
module GitlabSchema
  VIEWS = %w[project_routes_view project_design_management_routes_view group_wikis_routes_view
             project_snippets_routes_view personal_snippets_view].freeze
  ROWS = <<~SQL
    INSERT INTO shards (id, name) VALUES (2, 'fast');
    INSERT INTO namespaces (id, name, path) VALUES (1, 'Acme', 'acme'), (2, 'Tools', 'acme/tools');
    INSERT INTO projects (id, namespace_id, repository_storage) VALUES (7, 1, 'default'), (12, 2, 'fast');
    INSERT INTO routes (source_id, source_type, path, namespace_id) VALUES
      (7, 'Project', 'acme/seven', 1), (12, 'Project', 'acme/tools/größer', 2),
      (1, 'Namespace', 'acme', 1), (2, 'Namespace', 'acme/tools', 2);
    INSERT INTO design_management_repositories (project_id) VALUES (12);
    INSERT INTO group_wiki_repositories VALUES (2, 2, '@groups/d4/73/' || encode(sha256('2'), 'hex'));
    INSERT INTO snippets (id, type, project_id, author_id) VALUES
      (3, 'PersonalSnippet', NULL, 1), (4, 'ProjectSnippet', 7, 1), (5, 'ProjectSnippet', 7, 1);
    INSERT INTO snippet_repositories VALUES
      (3, 1, '@snippets/4e/07/' || encode(sha256('3'), 'hex')), (4, 2, '@snippets/4b/22/' || encode(sha256('4'), 'hex'));
  SQL

  # Nothing is left of what was there; much quicker than a new database.
  EMPTY = "DROP SCHEMA IF EXISTS public, gitlab_partitions_dynamic CASCADE; CREATE SCHEMA public; " \
          "GRANT USAGE ON SCHEMA public TO public;"

  # The database of that name, with these rows and nothing else. Returns the name.
  def gitlab_database(name = "gbn_repositories", sql: ROWS)
    cluster = PostgresCluster.shared
    cluster.create_database(name) if cluster.query("SELECT 1 FROM pg_database WHERE datname = '#{name}'").empty?
    schema = File.read("#{__dir__}/demo_instance/main.sql")
    cluster.query("SET client_min_messages = error;\n#{EMPTY}\n#{schema}\n#{sql}", database: name)
    name
  end

  # Runs the block with a PG::Connection to it.
  def connected(name)
    connection = PG.connect(host: PostgresCluster.shared.directory, user: PostgresCluster::SUPERUSER, dbname: name)
    yield connection
  ensure
    connection&.close
  end
end
