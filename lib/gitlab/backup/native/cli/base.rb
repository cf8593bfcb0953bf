# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class CLI
        # What the command classes have in common: one program name, exit statuses, and
        # options that refuse to be given without a value.
        module Base
          # What Thor hands over for an option without its value. Thor's own choice is the
          # option's name, a value that looks like any other.
          NO_VALUE = ""

          # Thor 1.4 brings a command that upstream does not have.
          def self.extended(commands)
            super
            commands.remove_command(:tree)
          end

          # As upstream: never the name of the file that was started.
          def basename
            Main::TITLE
          end

          def exit_on_failure?
            true
          end

          # As Thor's, but what it objects to is an Error for those who read JSON.
          def start(arguments = ARGV, config = {})
            return super unless Main.json?(arguments)

            begin
              super(arguments, config.merge(debug: true))
            rescue Thor::Error => e
              raise Error, e.message
            end
          end

          # Thor takes an option where a command should be for a command of an odd name.
          def handle_no_command_error(command, *)
            return super unless command.start_with?("_")

            raise Thor::Error, "#{command.tr("_", "-")} is no command: #{basename} help shows those there are"
          end

          # Thor takes an option it does not know for one argument too many.
          def handle_argument_error(command, error, arguments, arity)
            unknown = arguments.grep(/\A--?[a-z]/i).first
            return super unless unknown

            raise Thor::Error, "unknown option #{Printable.name(unknown)}: --help behind the command shows those " \
                               "there are"
          end

          # `rescue Errno::EPIPE` takes all that answers to #errno with that number, an Error about another pipe as
          # well; Thor's, and Main's, mean our own output, which nobody reads any more, and end with 0.
          def dispatch(*)
            super
          rescue Error => e
            raise e.errno == Errno::EPIPE::Errno ? Error.new(e.message, path: e.path) : e
          end

          # An option of the next command, given as --name=VALUE.
          def value_option(name, banner, description, **settings)
            method_option(name, type: :string, banner: banner, lazy_default: NO_VALUE, desc: description, **settings)
          end

          # Options of each command that needs the instance.
          def instance_options
            value_option :gitlab_path, "DIR", "GitLab's folder (default: GITLAB_PATH, the Linux package's, this one)"
            method_option :json, type: :boolean, desc: "One JSON object per line instead of text"
          end
        end
      end
    end
  end
end
