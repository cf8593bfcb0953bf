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
            values = @session.values
            source = BackupSource.find(@session.catalog.base, id, reporter: reporter, damaged: true)
            account = @session.instance.account
            VerifyRun.new(source: source, reporter: reporter, workers: values.jobs, account: account,
                          session: @session).call
          end

          private

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
