# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # A stream of lines that may go away: the reader of a pipe, a terminal that hung up,
      # a log on a full disk. None of that is a reason to break off a backup.
      class QuietOutput
        # Makes `io` unbuffered: a line that was dropped is not to fail once more at the exit.
        def initialize(io)
          @io = io
          io.sync = true
        end

        # Writes the line at once, or drops it. Never raises for what the stream does.
        def puts(line)
          return if @gone

          @io.write("#{line}\n")
        rescue SystemCallError, IOError
          @gone = true
        end

        def tty?
          @io.tty?
        end

        attr_reader :io
      end
    end
  end
end
