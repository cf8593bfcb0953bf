# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The command `gitlab-backup`, as the Linux package has it: `create` or `restore`, and
      # whatever follows for Rake. Each argument stays one argument, blanks in it or not.
      class Wrapper
        COMMANDS = %w[create restore].freeze
        HELP = %w[-h --help].freeze
        USAGE = <<~TEXT
          Usage: gitlab-backup [-h|--help] [create|restore] [NAME=VALUE]...

          Commands:
            create     Back up the GitLab instance (the default)
            restore    Restore a backup: BACKUP=ID names it

          Options:
            -h, --help    Show this text

          NAME=VALUE words are options of gitlab:backup:create and gitlab:backup:restore,
          such as SKIP=registry,artifacts or STRATEGY=copy.
        TEXT

        # Runs the command and ends the process.
        def self.start(arguments)
          exit(new(arguments).call)
        end

        def initialize(arguments)
          @arguments = arguments.dup
        end

        # Returns the exit status: that of the task, 1 for words that are none of a command, 2
        # when there is no configuration to work with. What is left of this process afterwards
        # may no longer be root.
        def call
          return usage if HELP.include?(@arguments.first)
          return refuse("Unsupported option: #{@arguments.first}") if @arguments.first.to_s.start_with?("-")

          command = @arguments.shift || COMMANDS.first
          return refuse("Unknown command: #{command}") unless COMMANDS.include?(command)
          return usage if HELP.include?(@arguments.first)

          run(command)
        end

        private

        def usage
          puts USAGE
          0
        end

        def refuse(message, status = 1)
          warn(Printable.line(message))
          status
        end

        def run(command)
          instance = Instance.find
          ENV["GITLAB_PATH"] = instance.root unless ENV["GITLAB_PATH"].to_s.strip.empty? # the task changes the folder
          installation = WrapperInstallation.new(instance, command)
          installation.check
          installation.around { WrapperRake.call("gitlab:backup:#{command}", @arguments, installation) }
        rescue Error => e
          refuse(e.message, 2)
        end
      end
    end
  end
end
