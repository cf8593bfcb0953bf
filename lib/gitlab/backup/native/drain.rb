# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # A pipe that is emptied as fast as another program writes to it, so that the
      # program never waits for us. Of a long text the beginning and the end are kept.
      class Drain
        # Characters of #last_words.
        WORDS = 1000

        # The end to hand to the program; close it (#close_writer) once it is started.
        attr_reader :io

        # limit: bytes kept; thread: false if nothing else is to be done until the program ends,
        # and #text is to do the reading.
        def initialize(limit: 16 * 1024, thread: true)
          @limit = limit
          @first = +""
          @last = +""
          @length = 0
          @reader, @io = IO.pipe(binmode: true)
          @thread = start if thread
        end

        def close_writer
          @io.close unless @io.closed?
        end

        # What came through, as UTF-8 text. Waits for the writing end to be closed
        # everywhere.
        def text
          close_writer
          @thread ? @thread.join : read
          (@first + gap + @last).force_encoding(Encoding::UTF_8).scrub
        end

        # The end of #text in one line, for a message.
        def last_words
          words = Printable.line(text)
          words.size > WORDS ? "...#{words[-WORDS..]}" : words
        end

        # Closes both ends, whoever still writes.
        def close
          close_writer
          @thread&.kill&.join
          @reader.close unless @reader.closed?
        end

        private

        def start
          Thread.new { read }.tap { |thread| thread.report_on_exception = false }
        end

        def read
          while !@reader.closed? && (part = @reader.readpartial(64 * 1024))
            keep(part)
          end
        rescue EOFError
          @reader.close
        end

        def keep(part)
          @length += part.bytesize
          head = part.byteslice(0, (@limit / 2) - @first.bytesize)
          @first << head
          @last = (@last + part.byteslice(head.bytesize..)).then do |text|
            text.byteslice(-(@limit / 2), @limit) || text
          end
        end

        def gap
          left_out = @length - @first.bytesize - @last.bytesize
          left_out.positive? ? "\n[... #{left_out} bytes left out ...]\n" : ""
        end
      end
    end
  end
end
