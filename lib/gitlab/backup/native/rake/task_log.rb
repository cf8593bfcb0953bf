# frozen_string_literal: true

require "monitor"

module Gitlab
  module Backup
    module Native
      # What a Rake task tells: lines `<time> -- <message>` on the standard output and the same
      # as JSON in GitLab's backup_json.log. Also a Reporter, so that components can use it.
      #
      # With CRON the lines are held back and come out, on the standard error, only if the run
      # fails; alerts come out at once. None of the methods raises because of its stream; any thread may call them.
      class TaskLog
        # ANSI numbers of the colours GitLab uses.
        COLORS = { red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36, sign: "30;43" }.freeze
        # Problems of one component that get a line.
        LISTED_PROBLEMS = 10

        # held: whether to keep quiet until the run fails; server_side: whether Gitaly is to store
        # the repositories itself, which is part of their name then.
        def initialize(held: false, server_side: false, output: $stdout, errors: $stderr, clock: -> { Time.now })
          @server_side = server_side
          @output = held ? HeldOutput.new(errors) : QuietOutput.new(output)
          @clock = clock
          @lock = ::Monitor.new
          @secrets = Secrets.none
          @failures = FailureWords.new(nil)
        end

        # Instance whose log file gets a copy of each line, whose secrets get into none, and in
        # whose zone the times are from now on. Raises Error.
        def attach(instance)
          @zone = instance.time_zone
          @secrets = Secrets.of(instance)
          @failures = FailureWords.new(instance)
          @json = JsonLog.new(File.join(instance.root, JsonLog::PATH))
          warning("gitlab.time_zone #{@zone.unknown.inspect} is unknown here, times are in UTC") if @zone.unknown
        end

        def info(text) = say("INFO", :cyan, text)
        def success(text) = info(text)
        def warning(text) = say("WARN", :yellow, text)
        def error(text) = say("ERROR", :red, text)
        def alert(text) = say("WARN", :yellow, text, urgent: true)

        # A line without time, for this run's reader alone. words: Strings, or pairs of String
        # and colour.
        def plain(*words)
          print_line(words.map { |word, color| color ? paint(word, color) : word }.join)
        end

        # The same with the time.
        def plain_with_time(*words)
          plain("#{time} -- ", *words)
        end

        # Shows what CRON held back.
        def failed_run
          @lock.synchronize { @output.release if @output.is_a?(HeldOutput) }
        end

        def component_started(component)
          info("Dumping #{name_of(component)} ... ")
        end

        # word: "DISABLED" or "SKIPPED"
        def component_left_out(component, word)
          info("Dumping #{name_of(component)} ... [#{word}]")
        end

        def component_skipped(component, reason)
          info("#{TaskNames.of(component)}: #{reason}")
        end

        # GitLab's own tasks have no such lines.
        def progress(_component, _figures)
          nil
        end

        def component_ended(result)
          name = name_of(result.component)
          return error("Dumping #{name} failed: #{@failures.of(result)}") if result.failed?

          info("#{name}: #{NoteWords.of(result.outcome.notes)}") unless result.outcome.notes.empty?
          LargestTables.of(result.outcome).sentences.each { |sentence| info("#{name}: #{sentence}") }
          list_problems(name, result.outcome)
          info("Dumping #{name} ... done")
        end

        def failed(message, **)
          error(message)
        end

        private

        def name_of(component)
          name = TaskNames.of(component)
          @server_side && component.id == "repositories" ? "#{name} (Gitaly server-side)" : name
        end

        def say(severity, color, text, urgent: false)
          safe = @secrets.hide(Printable.text(text))
          @lock.synchronize do
            print_line(paint("#{time} -- #{safe}", color), urgent: urgent)
            tell_json(severity, safe)
          end
        end

        def print_line(text, urgent: false)
          safe = @secrets.hide(text)
          @lock.synchronize { urgent && @output.is_a?(HeldOutput) ? @output.urgent(safe) : @output.puts(safe) }
        end

        def tell_json(severity, text)
          return unless @json && (reason = @json.write(severity, @clock.call, text))

          @json = nil
          print_line(paint("#{time} -- #{reason}", :yellow))
        end

        def time
          @zone ? @zone.local(@clock.call) : @clock.call.getutc
        end

        def paint(text, color)
          colors? ? "\e[#{COLORS.fetch(color)}m#{text}\e[0m" : text
        end

        def colors?
          @output.tty? && ENV["TERM"] != "dumb"
        end

        def list_problems(name, outcome)
          outcome.problems.first(LISTED_PROBLEMS).each do |problem|
            warning("#{name}: #{problem.kind} #{Printable.name(problem.path)}: #{problem.reason}")
          end
          more = outcome.problem_count - LISTED_PROBLEMS
          warning("#{name}: and #{more} more") if more.positive?
          error("#{name}: #{Units.count(outcome.problem_count, "problem")}") if outcome.problem_count.positive?
        end
      end
    end
  end
end
