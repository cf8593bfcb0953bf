# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Why a component failed, beginning with GitLab's sentence: that is what monitoring looks for in the log. Ours
      # follows it.
      class FailureWords
        FILE = "Failed to create compressed file '%s' when trying to backup the "
        PATHS = "#{FILE}following paths: '%s'".freeze
        DATABASE = "#{FILE}%s database".freeze
        # What a dump's own sentence begins with.
        OURS = /\AFailed to back up the \S+ database /

        # instance: Instance, nil before there is one.
        def initialize(instance)
          @instance = instance
        end

        # result: ComponentResult that has failed. Returns a String, of one line.
        def of(result)
          message = result.error.message
          beginning = @instance && (files(result.component) || database(result.component, message))
          beginning ? "#{beginning}: #{message.sub(OURS, "")}" : message
        rescue Error
          message # the configuration is what failed
        end

        private

        def files(component)
          return unless component.is_a?(Components::Files)

          format(PATHS, product(component.products.first), @instance.file_path(component.id))
        end

        # The registry's has another sentence.
        def database(component, message)
          return unless component.id == "db"

          found = @instance.databases.find { |database| message.include?("(#{database.description})") }
          return if found.nil? || found.name == "registry"

          format(DATABASE, product(found.product), found.name)
        end

        def product(name)
          File.join(@instance.backup_path, name)
        end
      end
    end
  end
end
