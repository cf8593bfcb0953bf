# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Runs components one after another. One that fails as a whole is reported and does
      # not keep the others from their turn.
      class ComponentRunner
        # `figures` has what the newest backup says of each component: {id => Hash}; the others
        # are for each ComponentJob.
        def initialize(instance:, reporter:, figures: {}, **job)
          @instance = instance
          @reporter = reporter
          @figures = figures
          @job = job
        end

        # Returns a ComponentResult for each that had something to do.
        def call(components)
          components.filter_map { |component| run(component) unless skipped?(component) }
        end

        private

        def skipped?(component)
          reason = component.skip_reason
          @reporter.component_skipped(component, reason) if reason
          reason
        end

        def run(component)
          @reporter.component_started(component)
          started = clocks
          monitor = Monitor.new(component: component, reporter: @reporter, previous: @figures[component.id])
          outcome, error = attempt(component, job(monitor))
          seconds, cpu_seconds = clocks.zip(started).map { |ended, began| ended - began }
          ComponentResult.new(component: component, outcome: outcome, error: error, seconds: seconds,
                              cpu_seconds: cpu_seconds, warnings: monitor.warnings)
                         .tap { |result| @reporter.component_ended(result) }
        end

        def attempt(component, job)
          [job.whole(component) { component.backup(job) }, nil]
        rescue Error => e
          [nil, Error.new(Failure.message(e), status: e.status, errno: e.errno, path: e.path)]
        rescue SystemCallError, IOError => e
          [nil, Error.new(Failure.text(e), errno: e.is_a?(SystemCallError) ? e.errno : nil)]
        end

        def job(monitor)
          ComponentJob.new(instance: @instance, monitor: monitor, **@job)
        end

        def clocks
          [Process::CLOCK_MONOTONIC, Process::CLOCK_PROCESS_CPUTIME_ID].map { |clock| Process.clock_gettime(clock) }
        end
      end
    end
  end
end
