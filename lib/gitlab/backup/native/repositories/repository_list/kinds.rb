# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class RepositoryList
        # GitLab's kinds of repository, in its order. The SQL gives, from tables, the
        # columns which the view of that name gives; only that it keeps what has no
        # route: such a repository is nameless, not lost.
        module Kinds
          ROUTE = "LEFT JOIN routes r ON r.source_type = '%<type>s' AND r.source_id = %<id>s"
          PROJECT_ROUTE = format(ROUTE, type: "Project", id: "p.id")
          SNIPPETS = "FROM snippets n JOIN snippet_repositories q ON q.snippet_id = n.id " \
                     "JOIN shards s ON s.id = q.shard_id"

          PROJECT = {
            view: "project_routes_view", tables: %w[projects routes], key: "id", root: "@hashed",
            sql: "SELECT p.id, p.repository_storage, r.path AS path_with_namespace FROM projects p #{PROJECT_ROUTE}"
          }.freeze

          DESIGN = {
            view: "project_design_management_routes_view", tables: %w[design_management_repositories projects routes],
            key: "id", root: "@hashed", ending: ".design", title: "%<path>s.design",
            sql: "SELECT p.id, p.repository_storage, r.path AS path_with_namespace " \
                 "FROM design_management_repositories m JOIN projects p ON p.id = m.project_id #{PROJECT_ROUTE}"
          }.freeze

          GROUP_WIKI = {
            view: "group_wikis_routes_view", tables: %w[group_wiki_repositories shards routes], key: "group_id",
            root: "@groups", ending: ".wiki", title: "%<path>s.wiki", own_place: true,
            sql: "SELECT w.group_id, s.name AS repository_storage, w.disk_path, r.path AS path_with_namespace " \
                 "FROM group_wiki_repositories w JOIN shards s ON s.id = w.shard_id " \
                 "#{format(ROUTE, type: "Namespace", id: "w.group_id")}"
          }.freeze

          PROJECT_SNIPPET = {
            view: "project_snippets_routes_view", tables: %w[snippets snippet_repositories shards routes], key: "id",
            root: "@snippets", title: "%<path>s/snippets/%<id>s", own_place: true,
            sql: "SELECT n.id, s.name AS repository_storage, q.disk_path, r.path AS path_with_namespace #{SNIPPETS} " \
                 "#{format(ROUTE, type: "Project", id: "n.project_id")} WHERE n.type = 'ProjectSnippet'"
          }.freeze

          PERSONAL_SNIPPET = {
            view: "personal_snippets_view", tables: %w[snippets snippet_repositories shards], key: "id",
            root: "@snippets", path: false, title: "snippets/%<id>s", own_place: true,
            sql: "SELECT n.id, s.name AS repository_storage, q.disk_path #{SNIPPETS} WHERE n.type = 'PersonalSnippet'"
          }.freeze

          # Returns [Kind].
          def self.all
            [Kind.new(**PROJECT, always_create: true), Kind.new(**PROJECT, ending: ".wiki", title: "%<path>s.wiki"),
             Kind.new(**GROUP_WIKI), Kind.new(**DESIGN), Kind.new(**PROJECT_SNIPPET), Kind.new(**PERSONAL_SNIPPET)]
          end
        end
      end
    end
  end
end
