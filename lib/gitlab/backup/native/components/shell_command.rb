# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # A command line of the administrator's that reads its standard input and writes its
      # standard output. It is given to a shell, as GitLab gives it: pipes and quotes work.
      class ShellCommand
        SHELL = %w[/bin/sh -c].freeze
        # How a shell tells that what it ran died of SIGPIPE.
        BROKEN_PIPE = 128 + Signal.list.fetch("PIPE")

        # The one of that variable, nil when the text is nil or blank. It runs as GitLab's user.
        def self.given(name, text, instance)
          new(name, text, account: instance.account) unless text.to_s.strip.empty?
        end

        # Strings: the variable's name; the command line; what the command last said on its standard
        # error, one line
        attr_reader :name, :text, :words

        def initialize(name, text, account:)
          @name = name
          @text = text
          @account = account
          @words = ""
        end

        # String: GitLab's line that says so
        def announcement
          "Using custom #{name} '#{Printable.line(text)}'"
        end

        # Runs it; `output`, an IO, gets what it writes and is closed here. Yields the IO it
        # reads from, which ends with the block. Returns the block's value. Raises Error when the
        # command fails (errno EPIPE if because nobody reads what it writes), else what the block
        # raises. Blocks till it has ended; it does not outlive us.
        def run(output:, &block)
          drain = Drain.new
          input, feed = IO.pipe(binmode: true)
          Child.start([*SHELL, text], stdin: input, stdout: output, stderr: drain.io, account: @account) do |child|
            [input, output, drain.io].each(&:close)
            attend(child, feed, drain, &block)
          end
        ensure
          [input, feed, output].compact.each(&:close)
          drain&.close
        end

        private

        # One that ends without having read all of its input may still be content.
        def attend(child, feed, drain)
          value = begin
            yield feed
          rescue Errno::EPIPE => e
            raise_failure(child, drain)
            raise Error.new("#{name} '#{Printable.line(text)}' did not read all of its input", errno: e.errno)
          rescue Error => e
            raise_failure(child, drain) if e.errno == Errno::EPIPE::Errno
            raise
          end
          feed.close
          raise_failure(child, drain)
          value
        end

        def raise_failure(child, drain)
          status = child.wait
          @words = drain.last_words
          return if status.success?

          raise Error.new("#{name} '#{Printable.line(text)}' #{ending(status)}#{": #{words}" unless words.empty?}",
                          errno: (Errno::EPIPE::Errno if broken_pipe?(status)))
        end

        def ending(status)
          return "was killed by SIG#{Signal.signame(status.termsig)}" if status.signaled?

          "failed with exit status #{status.exitstatus}"
        end

        def broken_pipe?(status)
          status.exitstatus == BROKEN_PIPE || status.termsig == Signal.list.fetch("PIPE")
        end
      end
    end
  end
end
