# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class CLI
        # `gitlab-backup-cli backup all`
        class BackupAllCommand
          def initialize(session)
            @session = session
          end

          # Returns the exit status. Raises Error for what keeps a run from beginning.
          def call
            options = run_options
            options.manners.apply
            notices = BucketOptions.lines(values)
            run = BackupRun.new(instance: @session.instance, options: options, reporter: @session.reporter)
            notices.each { |notice| @session.reporter.info(notice) }
            run.call
          end

          private

          def values
            @session.values
          end

          def run_options
            BackupOptions.new(backup_id: values.text(:backup_id), jobs: values.jobs,
                              only: values.components(:only), skip: values.components(:skip),
                              manners: manners, reuse: reuse).tap(&:check)
          end

          def reuse
            ReuseOptions.new(previous: values.text(:previous), full: values.flag(:full),
                             full_every: values.number(:full_every, 1..Values::MAX), dedup: values.flag(:dedup))
          end

          def manners
            words = %i[bwlimit nice ionice].to_h { |name| [name, values.text(name)] }
            Manners.parse(**words) { |name| "--#{name}" }
          end
        end
      end
    end
  end
end
