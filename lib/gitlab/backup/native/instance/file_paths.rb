# frozen_string_literal: true

require_relative "../error"

module Gitlab
  module Backup
    module Native
      class Instance
        # Where the files of each file component lie: the keys of gitlab.yml, GitLab's
        # defaults where they are not set, relative paths below the Rails folder.
        class FilePaths
          # component => folder below shared.path; the key is <component>.storage_path
          STORED = {
            "artifacts" => "artifacts", "lfs" => "lfs-objects", "packages" => "packages",
            "terraform_state" => "terraform_state", "ci_secure_files" => "ci_secure_files",
            "agent_plan_content" => "agent_plan_content", "ci_catalog_bundles" => "ci_catalog_bundles",
            "external_diffs" => "external-diffs"
          }.freeze
          # component => folder below shared.path; the key is <component>.path
          PLAIN = { "pages" => "pages", "registry" => "registry" }.freeze

          # settings: Settings of the environment; root: the Rails folder
          def initialize(settings, root:)
            @settings = settings
            @root = root
          end

          # Returns the absolute path, links not resolved. Raises Error on a wrong type
          # in gitlab.yml, KeyError for an id that is no file component.
          def fetch(component_id)
            case component_id
            when "uploads" then File.join(absolute(@settings.text("uploads", "storage_path") || "public"), "uploads")
            when "builds" then absolute(@settings.text("gitlab_ci", "builds_path") || "builds")
            when *PLAIN.keys then path(component_id, PLAIN.fetch(component_id), "path")
            when "artifacts" then path(component_id, "artifacts", "path", "storage_path")
            else path(component_id, STORED.fetch(component_id), "storage_path")
            end
          end

          # `~` is not expanded: it would be root's home, not GitLab's.
          def absolute(path)
            File.absolute_path(path, @root)
          end

          private

          def path(component_id, folder, *keys)
            key = keys.find { |candidate| @settings.text(component_id, candidate) }
            key ? absolute(@settings.text(component_id, key)) : File.join(shared, folder)
          end

          def shared
            absolute(@settings.text("shared", "path") || "shared")
          end
        end
      end
    end
  end
end
