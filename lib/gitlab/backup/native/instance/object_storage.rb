# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class Instance
        # Which components GitLab keeps in buckets: each section's own `object_store`, or
        # the consolidated block, under GitLab's rules of precedence. Both spellings,
        # `object_store` and `object_storage`, are read.
        class ObjectStorage
          # section (and component id) => bucket when it is enabled without a name
          BUCKETS = {
            "artifacts" => "artifacts", "external_diffs" => "external-diffs", "lfs" => "lfs-objects",
            "uploads" => "uploads", "packages" => "packages", "terraform_state" => "terraform",
            "ci_secure_files" => "ci-secure-files", "agent_plan_content" => "agent-plan-content",
            "ci_catalog_bundles" => "ci-catalog-bundles", "pages" => "pages", "registry" => "registry"
          }.freeze
          SPELLINGS = %w[object_store object_storage].freeze
          # Not part of the consolidated form.
          SEPARATE = %w[registry].freeze

          # settings: Settings of the environment
          def initialize(settings)
            @settings = settings
          end

          # Returns the bucket as configured ("name" or "name/prefix"), nil when the
          # component's new files go to local disk. Raises Error on a wrong type.
          def bucket(component_id)
            return unless BUCKETS.key?(component_id)

            consolidated_bucket(component_id) || own_bucket(component_id)
          end

          private

          def own_bucket(component_id)
            store = store_of(@settings.section(component_id))
            return unless store.flag("enabled")

            store.text("remote_directory") || store.text("bucket") || BUCKETS.fetch(component_id)
          end

          def consolidated_bucket(component_id)
            return if SEPARATE.include?(component_id) || !consolidated?
            return if component_id == "pages" && own_settings?("pages")

            type = store_of(@settings).section("objects", component_id)
            type.text("bucket") if type.flag("enabled", default: true)
          end

          # One section with settings of its own switches the whole block off; only
          # Pages, which Workhorse does not serve, may have them beside it.
          def consolidated?
            store = store_of(@settings)
            store.flag("enabled") && connection?(store) &&
              (BUCKETS.keys + ["dependency_proxy"] - ["pages"] - SEPARATE).none? { |section| own_settings?(section) }
          end

          def own_settings?(section)
            store = store_of(@settings.section(section))
            store.flag("enabled") || connection?(store)
          end

          def connection?(store)
            store.section("connection").keys.any?
          end

          def store_of(settings)
            settings.section(SPELLINGS.find { |name| settings.key?(name) } || SPELLINGS.first)
          end
        end
      end
    end
  end
end
