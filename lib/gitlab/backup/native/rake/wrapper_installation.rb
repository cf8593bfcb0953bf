# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What `gitlab-backup` has to know of the installation and to do around a task: the Linux
      # package's settings for its wrappers, the registry's password and the registry's files.
      class WrapperInstallation
        RC = "etc/gitlab-rails-rc"
        CREDENTIALS = "etc/gitlab-backup/env"
        USER_FILES = { "create" => "env-backup_user", "restore" => "env-restore_user" }.freeze
        REGISTRY_USER = "registry"

        # instance: Instance; command: "create" or "restore"
        def initialize(instance, command)
          @instance = instance
          @install = instance.install_path
          @command = command
        end

        # Raises Error when the package's settings cannot be read, or name a user there is not.
        def check
          settings
          account
        end

        # String: GitLab's Rails folder
        def root
          @instance.root
        end

        # Account to run as, nil when that is ours.
        def account
          @account ||= Account.for(user)
        end

        # {name => value} for the task. The package's own wins over the caller's, as `chpst -e`.
        def environment
          home = account ? { "HOME" => account.home } : {}
          home.merge(credentials, Instance::PackageEnvironment.read(@install))
        end

        # Runs the block while GitLab's user owns the registry's files, where that is needed.
        # Returns the block's value.
        def around
          registry = settings["registry_dir"].to_s
          return yield if registry.empty? || @command != "restore" || !Process.euid.zero?

          begin
            puts "Transfering ownership of #{registry} to #{user}"
            give(registry, user)
            yield
          ensure
            give(registry, settings["registry_user"] || REGISTRY_USER)
          end
        end

        private

        def user
          settings["gitlab_user"] || @instance.user
        end

        # {name => value}, {} without the package
        def settings
          @settings ||= @install ? assignments(File.join(@install, RC)) : {}
        end

        # The registry's own backup user, whom root alone may know.
        def credentials
          folder = @install && File.join(@install, CREDENTIALS)
          return {} unless folder && File.directory?(folder)

          ["env-connection", USER_FILES.fetch(@command)].map { |name| File.join(folder, name) }
                                                        .select { |path| File.exist?(path) }
                                                        .map { |path| assignments(path, quoted: false) }
                                                        .reduce({}, :merge)
        end

        # Lines NAME=value. Quotes belong to a shell's file, and to nothing else.
        def assignments(path, quoted: true)
          File.readlines(path, chomp: true, encoding: Encoding::UTF_8)
              .filter_map { |line| line.scrub.match(/\A\s*(?:export\s+)?(\w+)=(.*)\z/)&.captures }
              .to_h { |name, value| [name, quoted ? value[/\A(['"])(.*)\1\s*\z/, 2] || value.strip : value] }
        rescue SystemCallError => e
          raise Failure.of("read", path, e)
        end

        def give(folder, owner)
          _output, errors, status = Child.capture(["chown", "-R", "--", owner, folder])
          warn("cannot give #{Printable.name(folder)} to #{owner}: #{Printable.line(errors)}") unless status.success?
        rescue Error => e
          warn(e.message)
        end
      end
    end
  end
end
