# frozen_string_literal: true

require "pg"

module Gitlab
  module Backup
    module Native
      # Which repositories were asked for: lists of storages' names, of full paths of projects and
      # groups, and of such paths to leave out. An empty list leaves nothing out.
      RepositoryFilter = Struct.new(:storages, :paths, :skip_paths, keyword_init: true) do
        # options: what answers repositories_storages, repositories_paths and
        # skip_repositories_paths (each a list, or nil), or nil.
        def self.of(options)
          new(storages: options&.repositories_storages, paths: options&.repositories_paths,
              skip_paths: options&.skip_repositories_paths)
        end

        def initialize(storages: nil, paths: nil, skip_paths: nil)
          super(storages: Array(storages), paths: Array(paths), skip_paths: Array(skip_paths))
        end

        # True if repositories are chosen by path, so that a storage has others besides.
        def paths?
          paths.any? || skip_paths.any?
        end

        # True if all are asked for.
        def none?
          storages.empty? && !paths?
        end

        # Storage names are kept that were asked for.
        def storage?(name)
          storages.empty? || storages.include?(name)
        end
      end

      # Its SQL.
      class RepositoryFilter
        # A path is that of a project or group, or lies beneath it, as GitLab compares routes.
        MATCH = "FROM unnest($%<number>d::text[]) AS p (path) " \
                "WHERE lower(%<name>s) = lower(p.path) OR starts_with(lower(%<name>s), lower(p.path) || '/')"
        ARRAY = PG::TextEncoder::Array.new.freeze

        # SQL for the rows asked for. storage, name: expressions of their storage and full path; name is
        # nil for repositories of no project or group: those are in as long as no paths are
        # asked for, and no storages either if there are paths to leave out. Its parameters are
        # $3 to $5: #parameters.
        def self.condition(storage, name)
          "(cardinality($3::text[]) = 0 OR #{storage} = ANY ($3::text[])) AND " \
            "(cardinality($4::text[]) = 0 OR #{name ? matches(4, name) : "false"}) AND " \
            "(cardinality($5::text[]) = 0 OR #{name ? "NOT #{matches(5, name)}" : "cardinality($3::text[]) = 0"})"
        end

        def self.matches(number, name)
          "EXISTS (SELECT #{format(MATCH, number: number, name: name)})"
        end
        private_class_method :matches

        # [String] for the condition; the variables they come from may be of any encoding.
        def parameters
          [storages, paths, skip_paths].map do |list|
            ARRAY.encode(list.map { |text| text.dup.force_encoding(Encoding::UTF_8).scrub })
          end
        end
      end
    end
  end
end
