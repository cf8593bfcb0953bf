# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitalyBackup
        # The program itself at work on a list of repositories.
        class Program
          # path: absolute; storages: [Storage] all that have an address; account: Account or
          # nil; tally: RepositoryTally.
          def initialize(path, storages:, account:, tally:)
            @path = path
            @storages = storages
            @account = account
            @tally = tally
          end

          # arguments: from the command's name on; spool: RepositorySpool, its input; log: Log.
          # Blocks till it has ended; it does not outlive us. Raises Error when the
          # configuration is wrong or it failed as a whole.
          def run(arguments, spool, log)
            environment = Servers.environment(@storages)
            errors = Drain.new
            status = execute([@path, *arguments], environment, stdin: spool.rewind, stderr: errors.io, log: log)
            judge(status, log, expected: spool.size, errors: errors.text)
          ensure
            errors&.close
          end

          private

          def execute(command, environment, log:, **streams)
            IO.pipe do |reader, writer|
              Child.start(command, env: environment, account: @account, stdout: writer, **streams) do |child|
                writer.close
                log.read(reader)
                child.wait
              end
            end
          end

          # One broken repository makes the program fail after it has tried all others: that much we keep.
          def judge(status, log, expected:, errors:)
            kept = status.success? || (status.exited? && log.failed.positive? && log.finished >= expected)
            raise Error, failure(status, log, expected, errors) unless kept

            @tally.kept(count: [expected - log.finished, 0].max)
          end

          def failure(status, log, expected, errors)
            how = status.exited? ? "exit status #{status.exitstatus}" : "ended by signal #{status.termsig}"
            words = Printable.line([log.tail, errors].reject(&:empty?).join("\n"))
            words = "it gave no reason" if words.empty?
            "gitaly-backup #{how} after #{log.finished} of #{expected} repositories: #{words}"
          end
        end
      end
    end
  end
end
