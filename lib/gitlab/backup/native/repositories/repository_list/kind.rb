# frozen_string_literal: true

require "digest"

module Gitlab
  module Backup
    module Native
      class RepositoryList
        # One kind of repository: where its rows are, and what a row means.
        #
        # view, or sql over tables: key, repository_storage, path_with_namespace
        # (unless path is false) and, if own_place, disk_path; the others have theirs
        # in project_repositories. root, ending: of the paths on disk. title: printf's
        # format of what people see.
        Kind = Struct.new(:view, :tables, :sql, :key, :path, :own_place, :root, :ending, :title, :always_create,
                          keyword_init: true) do
          def initialize(path: true, own_place: false, ending: "", title: "%<path>s", always_create: false, **rest)
            super
          end

          # Returns the SQL for the rows after key $1, $2 at most: key, storage, path,
          # place; $3 to $5 are a RepositoryFilter's. nil when this database knows no such repositories.
          def query(catalog)
            source = source(catalog) or return
            place, join = place(catalog)
            "SELECT b.#{key}, b.repository_storage, #{path ? "b.path_with_namespace" : "NULL"}, #{place} " \
              "FROM #{source} b #{join} WHERE b.#{key} > $1 AND #{condition} ORDER BY b.#{key} LIMIT $2"
          end

          # The RepositoryJob of a row; all Strings, name and place may be nil.
          def job(id, storage, name, place)
            place = own_place ? place.to_s.delete_suffix(ending) : place.to_s
            place = hashed(id) if place.empty?
            RepositoryJob.new(storage_name: storage.to_s, relative_path: "#{place}#{ending}.git",
                              gl_project_path: format(title, path: name, id: id), always_create: always_create)
          end

          private

          def condition
            RepositoryFilter.condition("b.repository_storage", ("b.path_with_namespace" if path))
          end

          def source(catalog)
            columns = [key, "repository_storage", *("path_with_namespace" if path), *("disk_path" if own_place)]
            return view if catalog.relation?(view, columns)

            "(#{sql})" if tables.all? { |table| catalog.relation?(table) }
          end

          def place(catalog)
            return "b.disk_path" if own_place
            return "NULL" unless catalog.relation?("project_repositories", %w[project_id disk_path])

            ["d.disk_path", "LEFT JOIN project_repositories d ON d.project_id = b.id"]
          end

          def hashed(id)
            sha = Digest::SHA256.hexdigest(id)
            File.join(root, sha[0, 2], sha[2, 2], sha)
          end
        end
      end
    end
  end
end
