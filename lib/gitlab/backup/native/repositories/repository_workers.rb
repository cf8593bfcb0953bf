# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Works through a list of repositories on several threads. Each thread starts and
      # awaits its own children: they die with the thread that made them.
      module RepositoryWorkers
        # Yields each RepositoryJob of the RepositorySpool, on one of `count` threads. Blocks
        # till all are done. The first exception ends all and is raised.
        def self.each(spool, count, &block)
          spool.rewind
          state = { ended: false }
          threads = Array.new([count, spool.size].min) { Thread.new { work(spool, state, &block) } }
          threads.each { |thread| thread.report_on_exception = false }.each(&:join)
        ensure
          threads&.each(&:kill)&.each { |thread| thread.join rescue nil } # rubocop:disable Style/RescueModifier
        end

        def self.work(spool, state)
          while !state[:ended] && (job = spool.shift)
            yield job
          end
        ensure
          state[:ended] = true # no jobs are left, or the other threads are to stop as well
        end
        private_class_method :work
      end
    end
  end
end
