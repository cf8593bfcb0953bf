# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Has GitLab's own `gitaly-backup create` back repositories up, as GitLab does.
      class GitalyBackup
        autoload :Absences, "#{__dir__}/gitaly_backup/absences"
        autoload :Flags, "#{__dir__}/gitaly_backup/flags"
        autoload :Log, "#{__dir__}/gitaly_backup/log"
        autoload :Program, "#{__dir__}/gitaly_backup/program"
        autoload :Servers, "#{__dir__}/gitaly_backup/servers"

        # From Gitaly 17.0 on the path is taken for a URL.
        NOT_IN_URLS = /[?#%]/

        # path: absolute path of the program; storages: [Storage] all of the instance
        # that have an address; directory: `repositories` of the backup (exists, and
        # the account may write there), nil for Gitaly to save to its own object storage;
        # account: Account or nil; parallel: RepositoryParallel; tally: RepositoryTally;
        # incremental: true to add to the previous backup that lies in the directory.
        def initialize(path:, storages:, directory:, backup_id:, account:, parallel:, tally:, incremental: false)
          @path = path
          @storages = storages
          @directory = directory
          @backup_id = backup_id
          @account = account
          @parallel = parallel
          @tally = tally
          @incremental = incremental
          @absences = Absences.new(directory, backup_id)
        end

        # Backs up the jobs of the RepositorySpool. Blocks till the program has ended;
        # it does not outlive us. Repositories that failed are told to the tally.
        # Raises Error when the configuration is wrong or the program failed as a whole.
        def run(spool)
          log = Log.new(@tally, @absences)
          Program.new(@path, storages: @storages, account: @account, tally: @tally)
                 .run(["create", *flags], spool, log)
          report_lost(spool) if log.absent.positive?
        end

        private

        def flags
          raise unusable_path if @directory && NOT_IN_URLS.match?(@directory)

          Flags.probe(@path, account: @account).list(directory: @directory, backup_id: @backup_id,
                                                     parallel: @parallel, incremental: @incremental)
        end

        def unusable_path
          Error.new("gitaly-backup cannot write below #{Printable.name(@directory)}, as it takes ?, # and % for " \
                    "parts of a URL: set backup.path in gitlab.yml to a path without them", path: @directory)
        end

        # Only a project has its repository from the beginning; the log does not say which is one.
        def report_lost(spool)
          spool.rewind
          while (job = spool.shift)
            @tally.lost(job.label) if job.always_create && @absences.include?(job)
          end
        end
      end
    end
  end
end
