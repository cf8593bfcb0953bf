# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What people see of a component at work: a line that moves on a terminal, a plain line
      # now and then elsewhere. Its caller sees to it that one thread at a time calls.
      class ProgressDisplay
        # Between two plain lines.
        PLAIN_SECONDS = 10

        # output: QuietOutput; shown: false for none at all.
        def initialize(output, shown:, clock:)
          @output = output
          @shown = shown
          @clock = clock
        end

        # A component begins.
        def start
          @shown_at = @clock.call
        end

        # Shows the ProgressFigures; yields a plain line, if it is time for one.
        def show(component, figures, &block)
          return unless @shown

          @output.tty? ? move(component, figures) : tell(component, figures, &block)
        end

        # Makes room for a line of text.
        def clear
          @line&.clear
        end

        # The component has ended.
        def finish
          @line&.finish
          @line = nil
        rescue SystemCallError, IOError
          @shown = false
        end

        private

        def move(component, figures)
          @line ||= ProgressLine.new(component.title, @output.io)
          @line.show(figures)
        rescue SystemCallError, IOError
          @shown = false
        end

        def tell(component, figures)
          return if @clock.call - @shown_at < PLAIN_SECONDS

          @shown_at = @clock.call
          yield "#{component.title}: #{figures.words.join(", ")}"
        end
      end
    end
  end
end
