# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Gives units to workers as they become free, the heaviest first, none beside one it must not run beside, and none
      # before what it needs is there.
      class LoadSchedule
        # units: [LoadUnit]; of the same weight they are begun in this order.
        def initialize(units)
          @waiting = units.sort_by.with_index { |unit, index| [-unit.weight, index] }
          @due = units.flat_map(&:gives).tally
          @running = []
          @mutex = Mutex.new
          @freed = ConditionVariable.new
        end

        # Yields a worker and a unit, on a thread for each of the workers, until no unit is left. The first exception is
        # raised once the other threads have been killed and have ended, as is whatever interrupts the waiting thread.
        def run(workers, &block)
          ended = Queue.new
          threads = workers.first(@waiting.size).map { |worker| start(worker, ended, &block) }
          threads.size.times { ended.pop&.then { |error| raise error } }
        ensure
          threads&.each(&:kill)&.each(&:join)
        end

        private

        def start(worker, ended)
          Thread.new do
            Thread.current.report_on_exception = false
            each { |unit| yield worker, unit }
          rescue StandardError => e
            error = e
          ensure
            ended << error
          end
        end

        def each
          while (unit = take)
            begin
              yield unit
            ensure
              give_back(unit)
            end
          end
        end

        # Waits for one that may run now; nil when none is left.
        def take
          @mutex.synchronize do
            until @waiting.empty?
              at = @waiting.index { |unit| ready?(unit) }
              return @waiting.delete_at(at).tap { |unit| @running << unit } if at

              @freed.wait(@mutex)
            end
          end
        end

        def ready?(unit)
          unit.needs.none? { |name| @due.fetch(name, 0).positive? } && @running.all? { |other| unit.beside?(other) }
        end

        def give_back(unit)
          @mutex.synchronize do
            @running.delete_if { |one| one.equal?(unit) }
            unit.gives.each { |name| @due[name] -= 1 }
            @freed.broadcast
          end
        end
      end
    end
  end
end
