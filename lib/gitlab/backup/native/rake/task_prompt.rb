# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # GitLab's question in a Rake task. Other than a Confirmation it takes its answer from whatever the standard input
      # is: `yes | gitlab-rake gitlab:backup:restore` is what some scripts do.
      class TaskPrompt
        BLUE = "\e[34m%s\e[0m"

        # assumed: true for GITLAB_ASSUME_YES.
        def initialize(assumed:, input: $stdin, output: $stdout)
          @assumed = assumed
          @input = input
          @output = output
        end

        # True for yes; false for no, after its last words. Asks until it is one of them, also with CRON. Raises Error
        # when nobody answers; blocks until somebody does.
        def go_on?
          return true if @assumed

          answer = ask until %w[yes no].include?(answer)
          @output.puts("Quitting...") if answer == "no"
          answer == "yes"
        end

        private

        def ask
          @output.print(@output.tty? ? format(BLUE, Confirmation::QUESTION) : Confirmation::QUESTION)
          @output.flush
          line = @input.gets
          return line.chomp if line

          raise Error, "nobody has answered whether to go on: give GITLAB_ASSUME_YES=1 to be asked nothing"
        rescue SignalException
          @output.puts
          raise
        rescue IOError, SystemCallError => e
          raise Error, "nobody can be asked whether to go on (#{Failure.text(e)}): give GITLAB_ASSUME_YES=1 to be " \
                       "asked nothing"
        end
      end
    end
  end
end
