# frozen_string_literal: true

require "io/console/size"
require "tty-progressbar"

module Gitlab
  module Backup
    module Native
      # The one line on a terminal that moves while a component is at work. It keeps to one row: nothing could take
      # away what stands on a second.
      class ProgressLine
        STEPS = 1000
        FORMAT = "  :title [:bar] :words"
        FRAME = "   [] ".size
        GAP = "  "
        HERTZ = 5
        # Of the bar, by the terminal's width alone, so that it does not change with what stands behind it.
        WIDTHS = (6..24)
        # The columns beside the shortest bar; what more there is makes it longer.
        BESIDE = 66
        # The longest Units.bytes.
        BYTES = "1023.9 MiB".size
        # Behind the bar: what gives way first where room is short. The bytes stay.
        SPARED = %i[position rate left].freeze
        # Of a text cut shorter nobody would know what it was.
        SHORTEST = 12

        def initialize(title, output)
          @title = title
          @output = output
          @bar = TTY::ProgressBar.new(FORMAT, output: output, clear: true, frequency: HERTZ)
        end

        # `figures` are ProgressFigures. The last step is kept for #finish. Shows nothing where there is no room for
        # title and bytes.
        def show(figures)
          columns = room
          @bar.update(width: (columns - BESIDE).clamp(WIDTHS))
          @bar.update(total: STEPS) if figures.fraction && @bar.indeterminate?
          columns -= FRAME + @bar.width
          title = shortened(@title, columns - BYTES) or return

          @shown = true
          step = [((figures.fraction || 0) * STEPS).to_i, STEPS - 1].min
          @bar.advance(figures.fraction ? step - @bar.current : 1, title: title,
                                                                   words: fitting(figures.parts, columns - wide(title)))
        end

        # Makes room for a line of text; the next #show draws it again.
        def clear
          @bar.clear_line
        end

        # Removes it for good.
        def finish
          @bar.clear_line
          @bar.stop if @shown
          @bar.clear_line
        end

        private

        # All columns but the last, behind which some terminals begin a new row at once. Of one that does not tell they
        # are COLUMNS of the environment, or 80.
        def room
          columns = @output.winsize.last
          (columns.zero? ? IO.default_console_size.last : columns) - 1
        end

        def fitting(parts, columns)
          SPARED.each do |name|
            over = wide(parts.values.join(GAP)) - columns
            break unless over.positive?

            text = parts.delete(name) or next
            kept = shortened(text, wide(text) - over)
            parts[name] = kept if kept
          end
          parts.values.join(GAP)
        end

        # The text, its beginning, or nil.
        def shortened(text, columns)
          return text if wide(text) <= columns
          return if columns < SHORTEST

          columns -= "...".size
          "#{text.each_char.take_while { |char| (columns -= wide(char)) >= 0 }.join}..."
        end

        def wide(text)
          TTY::ProgressBar.display_columns(text)
        end
      end
    end
  end
end
