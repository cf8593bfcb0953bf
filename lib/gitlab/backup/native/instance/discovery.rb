# frozen_string_literal: true

require_relative "../error"
require_relative "settings"
require_relative "yaml_file"

module Gitlab
  module Backup
    module Native
      class Instance
        # Where an instance's configuration lies. root: GitLab's Rails folder; install:
        # the Linux package's folder or nil; context: Settings of the context file or nil.
        Location = Struct.new(:root, :config_file, :database_file, :install, :context, keyword_init: true)

        # Finds the configuration: --gitlab-path, GITLAB_PATH, the Linux package's
        # context files, its Rails folder, the current directory; first come, first served.
        class Discovery
          INSTALL = "/opt/gitlab"
          RAILS = "/embedded/service/gitlab-rails"
          # The package's wrapper, its recipe and the tool itself never agreed on these names.
          VARIABLES = %w[GITLAB_BACKUP_CLI_CONFIG_FILE GITLAB_BACKUP_CONTEXT_FILE].freeze
          NAMES = %w[gitlab-backup-cli-context.yml gitlab-backup-context.yml].freeze

          def initialize(gitlab_path:, environment:, install: INSTALL, directory: nil)
            @gitlab_path = text(gitlab_path)
            @environment = environment
            @install = install
            @directory = text(directory || working_directory)
            @tried = []
          end

          # Returns a Location. Raises Error when nothing was found (naming all that was
          # tried) or a context file cannot be used.
          def find
            named_root("--gitlab-path", @gitlab_path) ||
              named_root("GITLAB_PATH", text(@environment["GITLAB_PATH"])) ||
              context_file || root_at("#{@install}#{RAILS}") || (@directory && root_at(@directory)) || nothing
          end

          private

          # In LC_ALL=C words and variables are bytes, which do not go together with what gitlab.yml says.
          def text(path)
            path&.dup&.force_encoding(Encoding::UTF_8)
          end

          # What was asked for by name is never replaced by something else.
          def named_root(option, path)
            return if path.to_s.strip.empty?

            root_at(absolute(option, path)) ||
              raise(Error.new("no GitLab configuration: #{@tried.last} does not exist: #{option} must name " \
                              "the folder that holds config/gitlab.yml", path: @tried.last))
          end

          # nil where it has been removed.
          def working_directory
            Dir.pwd
          rescue SystemCallError
            nil
          end

          def absolute(option, path)
            return File.absolute_path(path, @directory || "/") if @directory || path.start_with?("/")

            raise Error, "#{option} is #{Printable.name(path)}, but the folder that is in does not exist any more: " \
                         "give the whole path, or change to another folder"
          end

          def root_at(root)
            file = "#{root}/config/gitlab.yml"
            locate(root, config_file: file) if tried?(file)
          end

          def locate(root, config_file:, context: nil)
            install = root.delete_suffix(RAILS) if root.end_with?(RAILS)
            Location.new(root: root, config_file: config_file, install: install, context: context,
                         database_file: database_file(root, context))
          end

          # The context's own entry only serves when the Rails folder has no such file:
          # upstream never reads it.
          def database_file(root, context)
            ours = "#{root}/config/database.yml"
            other = context&.text("database", "config_path")
            !other || exist?(ours) ? ours : other
          end

          def context_file
            path = context_paths.find { |candidate| tried?(candidate) }
            return unless path

            content = YamlFile.load(path, what: "Omnibus configuration file", erb: false)
            context = Settings.new(content, file: path, at: "context")
            locate(context_root(path), config_file: config_of(context), context: context)
          end

          def context_paths
            named = VARIABLES.filter_map { |variable| text(@environment[variable]) }
            named.reject { |path| path.strip.empty? } + NAMES.map { |name| "#{@install}/etc/#{name}" }
          end

          def config_of(context)
            context.text("gitlab", "config_path") ||
              raise(Error.new("Omnibus configuration file: #{context.file} has no gitlab.config_path: " \
                              "run gitlab-ctl reconfigure, or use --gitlab-path", path: context.file))
          end

          # A context file stands in <install>/etc, wherever the package was put.
          def context_root(path)
            beside = "#{File.dirname(path, 2)}#{RAILS}"
            exist?(beside) ? beside : "#{@install}#{RAILS}"
          end

          def tried?(path)
            @tried << path
            exist?(path)
          end

          # What may not be looked at counts as there: reading it tells the real reason.
          def exist?(path)
            File.stat(path) && true
          rescue Errno::EACCES
            true
          rescue SystemCallError
            false
          end

          def nothing
            raise Error, "no GitLab configuration found (tried #{@tried.uniq.join(", ")}): " \
                         "name GitLab's folder, the one that holds config/gitlab.yml, with --gitlab-path or GITLAB_PATH"
          end
        end
      end
    end
  end
end
