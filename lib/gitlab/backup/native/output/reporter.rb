# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Who tells the user: in text for people, in JSON for programs. Both answer
      #
      #   info, success, warning, error (text)  alert(text): a warning that also a quiet run shows
      #   starting(backup_id:, directory:)      left_out(titles, wanted:)
      #   component_started(component)          component_skipped(component, reason)
      #   progress(component, figures)          component_ended(result)
      #   table(rows)                           finished(backup_id:, path:, seconds:, problems:)
      #   incomplete(backup_id:, path:, failed:)
      #   restoring(backup_id:, directory:)     restored(backup_id:, seconds:)
      #   undoing(restore_id:, directory:)      undone(restore_id:, seconds:)
      #   failed(message, command: BACKUP, directory: nil)
      #
      # None of them raises because of its stream; each may be called by any thread.
      module Reporter
        # progress: true, false, or nil for "on a terminal".
        def self.for(json: false, progress: nil, output: $stdout, errors: $stderr)
          return JsonReporter.new(output: output, progress: progress == true) if json

          TextReporter.new(output: output, errors: errors, progress: progress)
        end

        # What failed when a backup failed, in upstream's words.
        BACKUP = "GitLab Backup"

        # "GitLab Backup failed: …", "show failed: …".
        def self.failure(message, command, directory)
          "#{command} failed: #{message}#{" (#{directory})" if directory}"
        end
      end
    end
  end
end
