# frozen_string_literal: true

require "json"
require "monitor"
require "time"

module Gitlab
  module Backup
    module Native
      # Reporter for programs: one JSON object per line, all on one stream. Every object
      # has "event" and "time" (ISO 8601, UTC), and "component" while one is at work.
      class JsonReporter
        # Between two "progress" events of a component.
        PROGRESS_SECONDS = 1

        # progress: whether "progress" events are wanted.
        def initialize(output: $stdout, progress: false, clock: -> { Time.now })
          @output = QuietOutput.new(output)
          @progress = progress
          @clock = clock
          @lock = ::Monitor.new
        end

        def info(text) = emit("info", message: Printable.line(text))
        def success(text) = emit("success", message: Printable.line(text))
        def warning(text) = emit("warning", message: Printable.line(text))
        def alert(text) = warning(text)
        def error(text) = emit("error", message: Printable.line(text))

        def starting(backup_id:, directory:)
          emit("started", backup_id: backup_id, directory: directory)
        end

        def restoring(backup_id:, directory:)
          emit("restore_started", backup_id: backup_id, directory: directory)
        end

        def undoing(restore_id:, directory:)
          emit("undo_started", restore_id: restore_id, directory: directory)
        end

        def left_out(titles, wanted:)
          emit("left_out", titles: titles, wanted: wanted)
        end

        def component_started(component)
          @component = component.id
          @shown_at = @clock.call
          emit("component_started", title: component.title)
        end

        def component_skipped(component, reason)
          emit("component_skipped", component: component.id, title: component.title, reason: reason)
        end

        def progress(_component, figures)
          return unless @progress && @clock.call - @shown_at >= PROGRESS_SECONDS

          @shown_at = @clock.call
          emit("progress", **figures.to_h)
        end

        # The figures are those of summary.json.
        def component_ended(result)
          emit("component_finished", **Summary.component(result).except(:id))
          @component = nil
        end

        # Each row has been an event already.
        def table(_rows); end

        def finished(backup_id:, path:, seconds:, problems:)
          emit("finished", backup_id: backup_id, path: path, seconds: seconds.round(3), problem_count: problems)
        end

        def restored(backup_id:, seconds:)
          emit("restored", backup_id: backup_id, seconds: seconds.round(3))
        end

        def undone(restore_id:, seconds:)
          emit("undone", restore_id: restore_id, seconds: seconds.round(3))
        end

        def incomplete(backup_id:, path:, failed:)
          emit("incomplete", backup_id: backup_id, path: path, failed: failed)
        end

        def failed(message, command: Reporter::BACKUP, directory: nil)
          emit("failed", message: Printable.line(Reporter.failure(message, command, directory)), directory: directory)
        end

        private

        def emit(event, **fields)
          @lock.synchronize do
            time = @clock.call.getutc.iso8601(3)
            object = { event: event, time: time, component: @component }.compact.merge(fields)
            @output.puts(JSON.generate(object.transform_values { |value| printable(value) }))
          end
        end

        # JSON has no room for broken UTF-8.
        def printable(value)
          value.is_a?(String) ? Printable.name(value) : value
        end
      end
    end
  end
end
