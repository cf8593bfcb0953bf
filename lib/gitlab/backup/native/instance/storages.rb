# frozen_string_literal: true

require_relative "storage"

module Gitlab
  module Backup
    module Native
      class Instance
        # The storages of gitlab.yml, with the directories the caller gave for some.
        class Storages
          # settings: Settings of the environment; root: the Rails folder;
          # paths: {name => directory}, which win over gitlab.yml
          def initialize(settings, root:, paths: {})
            @settings = settings
            @root = root
            @paths = paths
          end

          # Returns {name => Storage}, as in gitlab.yml, then those only the caller named.
          def to_h
            (configured | @paths.keys).to_h { |name| [name, storage(name)] }
          end

          # [String]: names only the caller gave
          def unconfigured
            @paths.keys - configured
          end

          private

          def configured
            @settings.section("repositories", "storages").keys
          end

          def storage(name)
            own = @settings.section("repositories", "storages", name)
            path = @paths[name] || own.text("path")
            Storage.new(name: name, path: path && File.absolute_path(path, @root),
                        gitaly_address: own.text("gitaly_address"),
                        gitaly_token: own.text("gitaly_token") || @settings.text("gitaly", "token"))
          end
        end
      end
    end
  end
end
