# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # GitLab's question before something is replaced.
      class Confirmation
        QUESTION = "Do you want to continue (yes/no)? "
        VARIABLE = "GITLAB_ASSUME_YES"
        NOBODY = "nobody can be asked, as there is no terminal, and nothing was touched: give --yes to go on"

        # assumed: true for --yes. output is where the question goes.
        def initialize(assumed:, environment: ENV, input: $stdin, output: $stdout)
          @assumed = assumed || BooleanWords.true?(environment[VARIABLE])
          @input = input
          @output = output
        end

        # True for yes, false for no; asks until it is one of them. The end of the input is a
        # no. Raises Error where nobody can be asked; blocks until somebody answers.
        def given?
          return true if @assumed
          raise Error, NOBODY unless terminal?

          answer = ask until %w[yes no].include?(answer)
          answer == "yes"
        end

        private

        def terminal?
          @input.tty?
        rescue IOError, SystemCallError
          false
        end

        # Nothing more to read, or nobody there any more.
        def ask
          @output.print(QUESTION)
          @output.flush
          line = @input.gets
          line ? line.chomp : "no"
        rescue IOError, SystemCallError
          "no"
        end
      end
    end
  end
end
