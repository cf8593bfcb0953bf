# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The parts a backup consists of.
      #
      # A component answers #id, #title (its name in the lines), #products (paths it
      # makes in the backup), #backup(ComponentJob) -> Outcome (raises Error when it
      # failed as a whole) and #skip_reason (String when there is nothing to do on
      # this instance, else nil).
      module Component
        # In the order in which GitLab runs them, and in which the outer tar holds them.
        IDS = %w[
          db repositories uploads builds artifacts pages lfs terraform_state registry packages
          ci_secure_files agent_plan_content ci_catalog_bundles external_diffs
        ].freeze

        # Those that have always been there. A backup of an older GitLab need not have the others.
        ALWAYS = %w[db repositories uploads builds artifacts pages lfs].freeze

        # In the order in which `backup_information.yml` lists those that were left out.
        SKIP_ORDER = %w[
          db uploads builds artifacts lfs terraform_state registry pages repositories packages
          ci_secure_files agent_plan_content ci_catalog_bundles external_diffs
        ].freeze

        # All components of the instance, in the order of IDS.
        def self.all(instance)
          [Components::Databases.new(instance), Components::Repositories.new(instance), *Components::Files.all(instance)]
        end
      end
    end
  end
end
