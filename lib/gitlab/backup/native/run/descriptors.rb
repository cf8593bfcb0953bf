# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # File descriptors: as many as we may have, and no more workers than those serve.
      module Descriptors
        # More is never needed, and there are programs that close all they may have, one by one.
        MOST = 65_536
        # For what is open whoever works, and for each worker.
        BASE = 64
        PER_WORKER = 4

        # Raises our limit (and so that of the programs we start) as far as it goes.
        def self.raise_limit
          soft, hard = Process.getrlimit(:NOFILE)
          wanted = [hard, MOST].min
          Process.setrlimit(:NOFILE, wanted, hard) if soft < wanted
        rescue SystemCallError
          nil # then what there is has to do
        end

        # The same, with a warning if it is fewer.
        def self.limited(wanted, reporter)
          workers(wanted).tap do |count|
            next if count == wanted

            reporter.warning("The limit of open files (ulimit -n) allows #{count} workers instead of #{wanted}")
          end
        end

        # Integer: of the workers asked for, those the limit allows; 1 at least.
        def self.workers(wanted, limit: Process.getrlimit(:NOFILE).first)
          wanted.clamp(1, [(limit - BASE) / PER_WORKER, 1].max)
        end
      end
    end
  end
end
