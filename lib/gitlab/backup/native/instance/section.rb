# frozen_string_literal: true

require_relative "../error"
require_relative "settings"
require_relative "yaml_file"

module Gitlab
  module Backup
    module Native
      class Instance
        # The part of gitlab.yml that counts: RAILS_ENV's, RACK_ENV's, else production's
        # when the file has it, else development's.
        class Section
          WHAT = "GitLab configuration file"

          # String: "production"
          attr_reader :name
          # Settings of that environment
          attr_reader :settings

          # file: path of gitlab.yml; variables: Hash. Raises Error when the file cannot
          # be used or does not have the environment.
          def initialize(file, variables:)
            all = Settings.new(YamlFile.load(file, what: WHAT), file: file, at: nil)
            @name = wanted(variables) || (all.key?("production") ? "production" : "development")
            raise_unknown(all) unless all.key?(@name)

            @settings = all.section(@name)
          end

          private

          def wanted(variables)
            %w[RAILS_ENV RACK_ENV].map { |name| variables[name].to_s.strip }.find { |value| !value.empty? }
          end

          def raise_unknown(all)
            raise_empty(all) if all.keys.empty?
            raise Error.new("#{WHAT}: #{all.file} has no environment '#{@name}' (it has " \
                            "#{all.keys.join(", ")}): set RAILS_ENV to one of them", path: all.file)
          end

          def raise_empty(all)
            raise Error.new("#{WHAT}: #{all.file} is empty: GitLab's settings belong there, below '#{@name}:'",
                            path: all.file)
          end
        end
      end
    end
  end
end
