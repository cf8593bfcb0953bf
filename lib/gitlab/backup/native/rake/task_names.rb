# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What GitLab's tasks call the components: in their lines, and among the tasks.
      module TaskNames
        # Component id => name in the lines; the others have their ids there.
        LINES = {
          "db" => "database", "lfs" => "lfs objects", "terraform_state" => "terraform states",
          "registry" => "container registry images", "ci_secure_files" => "ci secure files",
          "agent_plan_content" => "agent plan content", "ci_catalog_bundles" => "CI catalog bundles",
          "external_diffs" => "external diffs"
        }.freeze
        # Namespace of gitlab:backup => component id. ci_catalog_bundles has no tasks.
        TASKS = (Component::IDS - %w[repositories ci_catalog_bundles]).to_h { |id| [id, id] }
                                                                      .merge("repo" => "repositories").freeze

        # "lfs objects"
        def self.of(component)
          LINES.fetch(component.id, component.id)
        end
      end
    end
  end
end
