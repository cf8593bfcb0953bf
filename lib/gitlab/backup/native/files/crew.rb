# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Threads that share one queue of work: fewer of them are slower, and all it needs is one.
      module Crew
        # Returns Threads that run the block, `count` of them or as many as the system lets us have, in `threads`: an
        # Array that has each as soon as it runs, for whom an interruption may find here. Raises Error when there is
        # none.
        def self.start(count, threads = [], &work)
          threads << Thread.new(&work) while threads.size < count
          threads
        rescue ThreadError => e
          return threads if threads.any?

          raise Error.new(Shortage.text(e) || e.message, errno: Errno::EAGAIN::Errno)
        end
      end
    end
  end
end
