# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Ctrl-C, Ctrl-\, SIGTERM and SIGHUP as one exception in the main thread.
      #
      # Only the first signal raises: whatever comes after it finds the clean-up at
      # work and must not break it. `defer` keeps even the first one waiting.
      module Signals
        NAMES = %w[INT TERM HUP QUIT].freeze

        # Runs the block with the handlers in place; returns its value. Raises
        # SignalException (once) out of it. Afterwards the signals do nothing: what is
        # left of the process is its exit. Call it from the main thread.
        def self.listen
          NAMES.each { |name| install(name) { |number| deliver(number) } }
          yield
        ensure
          NAMES.each { |name| install(name) { nil } }
        end

        # For the last moment of a process: Ruby takes its handlers away before it ends, and a
        # signal would then be what it ended by.
        def self.ignore
          NAMES.each { |name| trap(name, "IGNORE") }
        end

        # Runs the block to its end; a signal meanwhile is raised behind it, or in `allow`.
        def self.defer(&block)
          Thread.handle_interrupt(SignalException => :never, &block)
        end

        # Inside of `defer`: runs the block, which signals may end.
        def self.allow(&block)
          Thread.handle_interrupt(SignalException => :immediate, &block)
        end

        # Acquires (`open`, not interrupted), runs the block with the result
        # (interruptible), and releases it (`close`, not interrupted) however it ends.
        def self.holding(open:, close:)
          defer do
            resource = open.call
            begin
              allow { yield resource }
            ensure
              close.call(resource)
            end
          end
        end

        # nohup's SIGHUP stays ignored.
        def self.install(name, &handler)
          previous = trap(name, &handler)
          trap(name, "IGNORE") if previous == "IGNORE"
        end
        private_class_method :install

        # Thread#raise, unlike Kernel#raise in a handler, heeds `defer`.
        def self.deliver(number)
          return if @delivered

          @delivered = true
          Thread.main.raise(SignalException.new(number))
        end
        private_class_method :deliver
      end
    end
  end
end
