# frozen_string_literal: true

require_relative "catalog"

class DemoInstance
  # The rows of the main database that go with the catalog, as SQL.
  class Rows
    # random: Random, for texts and bytes; issues: how many
    def initialize(random, issues: 400)
      @random = random
      @issues = issues
    end

    # String: statements for psql
    def sql
      [namespaces, projects, routes, snippets, snippet_repositories, group_wikis, designs, issues, sequences].join("\n")
    end

    private

    def namespaces
      insert("namespaces (id, name, path, type, parent_id, traversal_ids)",
             Catalog::NAMESPACES.map do |id, (name, path, parent, type)|
               [id, name, File.basename(path), type, parent, "{#{[parent, id].compact.join(",")}}"]
             end)
    end

    def projects
      insert("projects (id, name, path, namespace_id, created_at)",
             Catalog::PROJECTS.map do |id, path|
               [id, "Project #{id}", File.basename(path), 1 + (id % 3), "2026-01-01 12:00:00.123456"]
             end)
    end

    def routes
      rows = Catalog::NAMESPACES.map { |id, (name, path)| [id, "Namespace", path, name, id] } +
             Catalog::PROJECTS.map { |id, path| [id, "Project", path, "Project #{id}", 1 + (id % 3)] }
      insert("routes (source_id, source_type, path, name, namespace_id)", rows)
    end

    def snippets
      rows = Catalog::PROJECT_SNIPPETS.map { |id, project| [id, "Snippet #{id}", "ProjectSnippet", project, 1] } +
             Catalog::PERSONAL_SNIPPETS.map { |id| [id, "Snippet #{id}", "PersonalSnippet", nil, 1] }
      insert("snippets (id, title, type, project_id, author_id)", rows)
    end

    def snippet_repositories
      ids = Catalog::PROJECT_SNIPPETS.keys + Catalog::PERSONAL_SNIPPETS
      insert("snippet_repositories (snippet_id, shard_id, disk_path)",
             ids.map { |id| [id, 1, Catalog.hashed(id, "@snippets")[0, 80]] })
    end

    def group_wikis
      insert("group_wiki_repositories (group_id, shard_id, disk_path)",
             Catalog::GROUP_WIKIS.map { |id| [id, 1, Catalog.hashed(id, "@groups")[0, 80]] })
    end

    def designs
      insert("design_management_repositories (project_id)", Catalog::DESIGNS.map { |id| [id] })
    end

    # What COPY has to escape, and values large enough to be stored out of line.
    def issues
      rows = Array.new(@issues) do |index|
        [1 + (index % 20), "Issue #{index}\twith a tab, a \\ and 'quotes'", description(index),
         "[\"bug\", \"p#{index % 4}\"]", "\\x#{@random.bytes(32).unpack1("H*")}", index / 3.0]
      end
      insert("issues (project_id, title, description, labels, encrypted_token, weight)", rows)
    end

    def description(index)
      return "line one\nline two\r\n\\. alone is no end\n" if index % 10 == 1

      index.zero? ? @random.bytes(20_000).unpack1("H*") : "Grüße, größer als #{@random.rand(1_000_000)} " * 5
    end

    def sequences
      %w[namespaces projects snippets].map do |table|
        "SELECT setval(pg_get_serial_sequence('#{table}', 'id'), (SELECT max(id) FROM #{table}));"
      end
    end

    def insert(columns, rows)
      values = rows.map { |row| "(#{row.map { |value| literal(value) }.join(", ")})" }
      "INSERT INTO #{columns} VALUES\n#{values.join(",\n")};"
    end

    def literal(value)
      value.nil? ? "NULL" : "'#{value.to_s.gsub("'", "''")}'"
    end
  end
end
