# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # How far all connections are together, and what they are at. Any thread may call it.
      class LoadProgress
        # raw: bytes of the text; position: String, or nil
        Figures = Struct.new(:raw, :position)

        # Characters of a statement that are shown.
        WORDS = 60
        # How an error tells which line of the text it is about.
        LINE = /\Aline (\d+): /

        # Each change is yielded as Figures.
        def initialize(&block)
          @block = block
          @done = 0
          @running = {}
          @mutex = Mutex.new
        end

        # worker runs that LoadPart while the block does, which is given what takes its Progress. A DatabaseError out of
        # it is raised with the words for the statement.
        def during(worker, part)
          statements = part.statements
          note(worker, 0, statements.first)
          naming(part) do
            yield(->(progress) { note(worker, progress.raw, statements[[progress.entries - 1, 0].max]) })
          end
        ensure
          @mutex.synchronize do
            @running.delete(worker)
            @done += part.length if part.line.positive? # else it is none of the text's
          end
        end

        # Runs the block, and raises its DatabaseError with the words for the part's statement.
        def naming(part)
          yield
        rescue DatabaseError => e
          raise DatabaseError, message(e, part)
        end

        private

        def note(worker, raw, statement)
          figures = @mutex.synchronize do
            @running[worker] = [statement&.line&.zero? ? 0 : raw, statement]
            Figures.new(@done + @running.each_value.sum(&:first), position)
          end
          @block&.call(figures)
        end

        # The error's message, with words for the statement in that line.
        def message(error, part)
          line = error.message[LINE, 1]
          statement = part.at(line.to_i) if line
          statement ? "#{words(statement)}: #{error.message}" : error.message
        end

        # The longest one, and how many others.
        def position
          statement = @running.each_value.map(&:last).compact.max_by(&:length)
          return unless statement

          more = @running.size > 1 ? " (and #{@running.size - 1} more)" : ""
          "#{words(statement)}#{more}"
        end

        def words(statement)
          _, names = LoadKind.of(statement)
          return Printable.line(statement.text[0, WORDS].split.join(" ")) unless statement.kind == :copy && names.any?

          "#{Printable.name(names.first)}: #{Units.count(statement.rows, "row")}"
        end
      end
    end
  end
end
