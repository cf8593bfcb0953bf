# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The lines of a quiet run, kept in case it fails. From then on they come out at once.
      class HeldOutput
        # More are not kept; the newest are.
        MAX_LINES = 20_000

        def initialize(io)
          @output = QuietOutput.new(io)
          @lines = []
          @dropped = 0
        end

        def puts(line)
          return @output.puts(line) unless @lines

          @lines << line
          return if @lines.size <= MAX_LINES

          @lines.shift
          @dropped += 1
        end

        # Writes a line that cannot wait.
        def urgent(line)
          @output.puts(line)
        end

        # What is kept may go anywhere later.
        def tty?
          false
        end

        # Writes what was held back, once.
        def release
          @output.puts("(#{Units.count(@dropped, "earlier line")} left out)") if @dropped.positive?
          @lines&.each { |line| @output.puts(line) }
          @lines = nil
          @dropped = 0
        end
      end
    end
  end
end
