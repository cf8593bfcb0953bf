# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The command `gitlab-backup-cli`: arguments in, exit status out. Whatever happens
      # becomes one line; a backtrace is shown to those who ask for it.
      module Main
        VERSION_WORDS = [%w[version], %w[-v], %w[--version]].freeze
        # In upstream's words what these do is "GitLab Backup".
        BACKUPS = %w[backup restore].freeze
        # The others. Not asked of CLI: it may be what failed to load.
        COMMANDS = %w[delete diff export-tar extract help list ls prune show verify version].freeze
        HELP = %w[-h --help].freeze
        TITLE = "gitlab-backup-cli"
        # What Reporter#failed comes to name.
        TELLERS = %i[Error Failure Printable Reporter Units].freeze
        DEBUG_VARIABLE = "GBN_DEBUG"
        # Commands do not fit 80 columns; only a terminal has an edge to cut them at.
        WIDTH_VARIABLE = "THOR_COLUMNS"
        WIDTH = "1000"

        # Runs the command and ends the process.
        def self.start(arguments)
          status = call(arguments)
          Signals.ignore unless Native.autoload?(:Signals) # not loaded: `version`, whose start counts
          exit(status)
        end

        # Returns the exit status. `version` is answered before anything else is loaded.
        def self.call(arguments)
          return print_version if VERSION_WORDS.include?(arguments)

          Process.setproctitle(TITLE)
          Signals.listen { prepared(arguments) { guard(arguments) { run(arguments) } } }
        end

        # "GitLab Backup CLI (0.1.0)", as upstream words it.
        def self.version_line
          "GitLab Backup CLI (#{VERSION})"
        end

        # Whether these arguments ask for JSON: then errors are JSON, too.
        def self.json?(arguments)
          arguments.include?("--json") || arguments.include?("--json=true")
        end

        def self.print_version
          puts version_line
          $stdout.flush
          0
        rescue SystemCallError
          1
        end
        private_class_method :print_version

        # Thor returns what the command returns: an exit status, or nothing for help.
        def self.run(arguments)
          ENV[WIDTH_VARIABLE] ||= WIDTH unless $stdout.tty?
          status = CLI.start(asked_for_help(readable(arguments - ["--debug"])))
          $stdout.flush
          status.is_a?(Integer) ? status : 0
        end
        private_class_method :run

        # `ls --help` is `help ls`; Thor sees to that for subcommands alone, and takes the word for an id elsewhere.
        def self.asked_for_help(arguments)
          own = arguments.take_while { |word| word != "--" }
          own.intersect?(HELP) && COMMANDS.include?(own.first) ? ["help", own.first] : arguments
        end
        private_class_method :asked_for_help

        # UTF-8 in every locale. Thor's patterns raise on broken UTF-8; as bytes such a word comes
        # through, and whoever it is for can say what is wrong with it.
        def self.readable(arguments)
          arguments.map do |argument|
            text = argument.dup.force_encoding(Encoding::UTF_8)
            text.valid_encoding? ? text : text.b
          end
        end
        private_class_method :readable

        # Whatever tells of a failure is loaded before there is one: it may be that nothing more can be.
        def self.prepared(arguments)
          Preloading.call(TELLERS)
          Reporter.for(json: json?(arguments))
          yield
        rescue LoadError, NoMemoryError => e
          warn "#{TITLE} failed: cannot begin: #{e.message.lines.first.chomp} (raise ulimit -n and ulimit -v)"
          1
        end
        private_class_method :prepared

        def self.guard(arguments)
          yield
        rescue SystemExit => e
          e.status
        rescue SignalException => e
          report(arguments, "interrupted by SIG#{Signal.signame(e.signo)}", 128 + e.signo)
        rescue Errno::EPIPE
          $stdout.reopen(File::NULL) # `list | head` has seen enough
          0
        rescue StandardError, ScriptError, NoMemoryError, SystemStackError => e
          message = Failure.line(e)
          message ? report(arguments, message) : bug(arguments, e)
        end
        private_class_method :guard

        def self.report(arguments, message, status = 1)
          Reporter.for(json: json?(arguments)).failed(message, command: command(arguments.first))
          status
        end
        private_class_method :report

        # `sho` is "show", as Thor completes it.
        def self.command(word)
          name = [*COMMANDS, *BACKUPS].find { |known| word && known.start_with?(word.b.tr("_", "-")) }
          BACKUPS.include?(name) ? Reporter::BACKUP : name || TITLE
        end
        private_class_method :command

        def self.bug(arguments, error)
          raise error if debug?(arguments)

          report(arguments, "#{Failure.unexpected(error)}; run it again with --debug for the backtrace")
        end
        private_class_method :bug

        def self.debug?(arguments)
          arguments.include?("--debug") || !ENV.fetch(DEBUG_VARIABLE, "").empty?
        end
        private_class_method :debug?
      end
    end
  end
end
