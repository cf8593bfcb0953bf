# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class CLI
        # `gitlab-backup-cli verify ID`
        class VerifyCommand
          def initialize(session)
            @session = session
          end

          # Returns the exit status: 0 when nothing is wrong. Raises Error when there is no such backup.
          def call(id)
            workers = allowed_workers
            source = BackupSource.find(@session.catalog.base, id, reporter: reporter, damaged: true)
            account = @session.instance.account
            VerifyRun.new(source: source, reporter: reporter, workers: workers, account: account,
                          session: @session).call
          end

          private

          # Before anything is opened.
          def allowed_workers
            Descriptors.raise_limit
            Descriptors.limited(@session.values.jobs, reporter)
          end

          def reporter
            @reporter ||= if @session.json?
                            VerifyJsonReporter.new(progress: @session.values.flag(:progress) == true)
                          else
                            VerifyTextReporter.new(progress: @session.values.flag(:progress))
                          end
          end
        end
      end
    end
  end
end
