# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What became of the repositories so far; any thread may add to it.
      class RepositoryTally
        # Problems kept by name; the rest is only counted.
        LISTED = 1000
        LOST = "is in the database but not on disk"

        # monitor: told the figures after each repository
        def initialize(monitor)
          @monitor = monitor
          @lock = Mutex.new
          @kept = 0
          @absent = 0
          @bytes = 0
          @flaws = 0
          @problem_count = 0
          @problems = []
          @sums = {}
        end

        # `count` more repositories are in the backup, with so many bytes. sums: {path => SHA-256 in hex} of what was
        # hashed of them.
        def kept(bytes: 0, count: 1, sums: {})
          advance do
            @kept += count
            @bytes += bytes
            @sums.update(sums)
          end
        end

        # One does not exist, so that there is nothing to keep: a wiki nobody wrote to.
        def absent(bytes: 0)
          advance do
            @absent += 1
            @bytes += bytes
          end
        end

        # One that was told to be absent ought to exist. label: String naming it.
        def lost(label)
          advance do
            @absent -= 1
            list(label, LOST)
          end
        end

        # One is not in the backup. label: String naming it; reason: one line.
        def failed(label, reason)
          advance { list(label, reason) }
        end

        # One that was told to be kept is not quite what it was. label: String naming it;
        # reason: one line.
        def flawed(label, reason)
          advance do
            @flaws += 1
            list(label, reason)
          end
        end

        # Bytes that were not counted by repository.
        def stored(bytes)
          advance { @bytes += bytes }
        end

        # The Outcome of all that was told. Its products are the paths that were.
        def outcome
          Outcome.new(files: @kept, raw: @bytes, stored: @bytes, problems: @problems, problem_count: @problem_count,
                      products: @sums)
        end

        private

        def list(label, reason)
          @problem_count += 1
          return if @problems.size == LISTED

          @problems << Problem.new(kind: "repository", path: label, reason: Printable.line(reason))
        end

        def entries
          @kept + @absent + @problem_count - @flaws
        end

        def advance
          @lock.synchronize do
            yield
            @monitor.advance(raw: @bytes, stored: @bytes, entries: entries)
          end
        end
      end
    end
  end
end
