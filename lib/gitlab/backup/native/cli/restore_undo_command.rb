# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class CLI
        # `gitlab-backup-cli restore undo` and `restore settle`
        class RestoreUndoCommand
          def initialize(session)
            @session = session
          end

          # restore_id: String, nil for the newest. Returns the exit status. Raises Error.
          def undo(restore_id)
            run { |kept| kept.undo(restore_id, @session.confirmation) }
          end

          # Returns the exit status. Raises Error.
          def settle
            run { |kept| kept.settle(@session.confirmation) }
          end

          private

          def run
            File.umask(RunSetup::UMASK)
            Preloading.call(RestoreRun::NEEDED)
            options = RestoreOptions.new(jobs: @session.values.jobs, yes: @session.values.flag(:yes),
                                         force_connected: @session.values.flag(:force_connected))
            base = BackupPath.prepare(@session.instance.backup_path)
            @session.locked do
              yield RestoreUndo.new(instance: @session.instance, base: base, options: options,
                                    reporter: @session.reporter)
            end
          rescue SignalException => e
            @session.reporter.failed("interrupted by SIG#{Signal.signame(e.signo)}: nothing is lost; the same " \
                                     "command goes on where it ended")
            128 + e.signo
          end
        end
      end
    end
  end
end
