# frozen_string_literal: true

require "tty-progressbar"

module Gitlab
  module Backup
    module Native
      # The one line on a terminal that moves while a component is at work.
      class ProgressLine
        STEPS = 1000
        FORMAT = "  :title [:bar] :words"
        WIDTH = 24
        HERTZ = 5

        def initialize(title, output)
          @title = title
          @bar = TTY::ProgressBar.new(FORMAT, width: WIDTH, output: output, clear: true, frequency: HERTZ)
        end

        # `figures` are ProgressFigures. The last step is kept for #finish.
        def show(figures)
          @bar.update(total: STEPS) if figures.fraction && @bar.indeterminate?
          step = [((figures.fraction || 0) * STEPS).to_i, STEPS - 1].min
          @bar.advance(figures.fraction ? step - @bar.current : 1, title: @title, words: figures.words.join("  "))
        end

        # Makes room for a line of text; the next #show draws it again.
        def clear
          @bar.clear_line
        end

        # Removes it for good.
        def finish
          @bar.clear_line
          @bar.stop
          @bar.clear_line
        end
      end
    end
  end
end
