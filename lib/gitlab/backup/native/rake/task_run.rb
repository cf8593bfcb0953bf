# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What all Rake tasks have in common: options, log, signals, and one line for whatever fails.
      class TaskRun
        # Yields the TaskContext to the block, which returns an exit status. Ends the process
        # with it unless it is 0.
        def self.call(environment: ENV, &block)
          status = new(environment).call(&block)
          exit(status) unless status.zero?
        end

        # environment: ENV or a Hash
        def initialize(environment)
          @environment = environment
          @options = TaskOptions.from(environment)
          @log = TaskLog.new(held: @options.cron, server_side: @options.repositories_server_side)
        end

        # Returns the exit status.
        def call(&block)
          status = Signals.listen { guard(&block) }
          @log.failed_run unless status.zero?
          status
        ensure
          Signals::NAMES.each { |name| trap(name, "DEFAULT") } # Rake may have more tasks to run
        end

        private

        def guard
          instance = Instance.find(environment: @environment)
          @log.attach(instance)
          yield @context = TaskContext.new(instance, @options, @log)
        rescue SystemExit => e
          e.status
        rescue SignalException => e
          message = ["interrupted by SIG#{Signal.signame(e.signo)}", @context&.standing].compact.join(", ")
          fail_with(message, 128 + e.signo)
        rescue StandardError, ScriptError, NoMemoryError, SystemStackError => e
          message = Failure.line(e)
          message ? fail_with(message) : bug(e)
        end

        def fail_with(message, status = 1)
          @log.error(message)
          status
        end

        def bug(error)
          raise error if @environment[Main::DEBUG_VARIABLE].to_s != ""

          fail_with("#{Failure.unexpected(error)}; run it again with #{Main::DEBUG_VARIABLE}=1 for the backtrace")
        end
      end
    end
  end
end
