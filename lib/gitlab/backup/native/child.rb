# frozen_string_literal: true

require_relative "extension"
require_relative "drain"

module Gitlab
  module Backup
    module Native
      # Another program, started without a shell, that does not outlive us: it is killed
      # when the *thread* that started it ends. It leads a session of its own, so a
      # terminal's Ctrl-C reaches it through us alone.
      class Child
        STOP_SECONDS = 5
        CAPTURE_LIMIT = 1024 * 1024

        # Integer; also the number of its process group.
        attr_reader :pid

        # argv: Array of String, argv[0] is searched in PATH. env: {name => value} over ours, less the names
        # in `unset`. account: Account to run as, nil for ours. chdir: its working directory.
        # stdin, stdout, stderr: IO, nil for /dev/null; they stay open here.
        #
        # Returns the Child, or, given a block, the block's value after the child has ended:
        # one that still runs when the block is left, in whatever way, is stopped.
        # Raises Error ("cannot run pg_dump: No such file or directory") when it cannot be started.
        def self.start(argv, env: {}, unset: [], account: nil, **options)
          launch = -> { new(spawn(argv, environment(env, unset, account), account, options)) }
          return launch.call unless block_given?

          child = nil
          begin
            # An interruption that waited is raised where the block ends: the child has to have its name by then.
            Thread.handle_interrupt(Object => :never) { child = launch.call }
            yield child
          ensure
            child&.stop
          end
        end

        # Runs a program to its end with no input. Takes what .start takes, but stdout and stderr.
        # Returns [stdout, stderr, Process::Status]; of each text at most 1 MiB is kept.
        def self.capture(argv, **options)
          drains = [Drain.new(limit: CAPTURE_LIMIT), Drain.new(limit: CAPTURE_LIMIT)]
          start(argv, **options, stdout: drains[0].io, stderr: drains[1].io) do |child|
            drains.each(&:close_writer)
            [*drains.map(&:text), child.wait]
          end
        ensure
          drains&.each(&:close)
        end

        # In a process forked by the main thread of `parent`: it is sent TERM when that ends, however it
        # ends. To be called after a change of user, which would clear that. Returns false when the
        # parent has ended already. Raises Error.
        def self.follow(parent)
          _follow(parent, Signal.list.fetch("TERM"))
        end

        def self.spawn(argv, environment, account, options)
          descriptors = %i[stdin stdout stderr].map { |name| options.delete(name)&.fileno || -1 }
          directory = options.delete(:chdir) || "/"
          raise ArgumentError, "unknown options: #{options.keys.join(", ")}" unless options.empty?

          _start(argv, environment.map { |name, value| "#{name}=#{value}" }, directory, descriptors,
                 account && [account.uid, account.gid, account.groups])
        rescue Error => e
          raise unless e.errno

          raise Error.new("cannot #{e.message}", status: e.status, errno: e.errno, path: argv.first)
        end
        private_class_method :spawn

        # Programs look for their settings under HOME: it must be the account's.
        def self.environment(env, unset, account)
          ours = ENV.to_h
          ours.merge!("HOME" => account.home, "USER" => account.name, "LOGNAME" => account.name) if account
          ours.merge(env).reject { |name, value| value.nil? || unset.include?(name) }
        end
        private_class_method :environment

        def initialize(pid)
          @pid = pid
        end

        # Waits for its end. Returns a Process::Status, the same one each time.
        def wait
          return @status if @status

          @status = Process.wait2(@pid).last
        end

        # Ends it, and what it started: TERM, after five seconds KILL. Returns its
        # Process::Status, nil if an interrupted #wait has lost that. Does nothing to one that has ended.
        def stop
          return @status if @status

          signal("TERM")
          wait_until(Process.clock_gettime(Process::CLOCK_MONOTONIC) + STOP_SECONDS)
          signal("KILL") unless @status
          wait
        rescue Errno::ECHILD
          nil
        end

        private

        def signal(name)
          Process.kill(name, -@pid)
        rescue Errno::ESRCH, Errno::EPERM
          nil # it has ended, or it is no longer ours to signal: waiting tells
        end

        def wait_until(deadline)
          until @status || Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline
            _, @status = Process.wait2(@pid, Process::WNOHANG)
            sleep 0.02 unless @status
          end
        end
      end
    end
  end
end
