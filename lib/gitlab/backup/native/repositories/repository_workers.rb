# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Works through a list of repositories on several threads. Each thread starts and
      # awaits its own children: they die with the thread that made them.
      module RepositoryWorkers
        # Yields each RepositoryJob of the RepositorySpool, on one of `count` threads, or as many as there can be, and
        # what `with` yields to that thread for all of its jobs. Blocks till all are done. The first exception ends all
        # and is raised.
        def self.each(spool, count, with: ->(&jobs) { jobs.call }, &block)
          spool.rewind
          state = { over: false, ends: Queue.new }
          threads = []
          Crew.start([count, spool.size].min, threads) { attempt(spool, state, with, &block) }
          threads.size.times { state[:ends].pop&.then { |failure| raise failure } }
        ensure
          threads&.each(&:kill)&.each(&:join)
        end

        # A thread itself never fails: joining it in a clean-up must not raise.
        def self.attempt(spool, state, with, &block)
          with.call { |*own| work(spool, state, own, &block) }
        rescue Exception => e # rubocop:disable Lint/RescueException
          failure = e
        ensure
          state[:over] = true # no jobs are left, or the other threads are to stop as well
          state[:ends] << failure
        end

        def self.work(spool, state, own)
          while !state[:over] && (job = spool.shift)
            yield job, *own
          end
        end
        private_class_method :attempt, :work
      end
    end
  end
end
