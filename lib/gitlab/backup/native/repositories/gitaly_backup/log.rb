# frozen_string_literal: true

require "json"

module Gitlab
  module Backup
    module Native
      class GitalyBackup
        # What gitaly-backup says while it works: one JSON object a line, in whose
        # `msg` a repository is started, completed, skipped (there is none) or failed.
        class Log
          LINE = 1 << 20
          # Lines kept for the message if all fails, and how much of each.
          TAIL_LINES = 5
          TAIL_LINE = 500
          SERIOUS = %w[error fatal panic].freeze

          # Numbers of repositories it is through with, of those that failed, and of
          # those of which there is nothing in the backup
          attr_reader :finished, :failed, :absent

          # tally: RepositoryTally; absences: answers #include? for a RepositoryJob that is done,
          # true if there is no such repository; command: "create" or "restore"
          def initialize(tally, absences, command: "create")
            @command = command
            @tally = tally
            @absences = absences
            @finished = @failed = @absent = 0
            @tail = []
          end

          # Reads `io` to its end.
          def read(io)
            while (line = io.gets("\n", LINE))
              take(line)
            end
          end

          # The last it said that was not about one repository, at most 2.5 KB.
          def tail
            @tail.join("\n")
          end

          private

          def take(line)
            event = parse(line)
            return remember(line) unless event

            if event["relative_path"] then take_repository(event)
            elsif SERIOUS.include?(event["level"]) then remember(event.values_at("msg", "error").compact.join(": "))
            end
          end

          # nil if it is something else: a panic, a word of a library
          def parse(line)
            event = JSON.parse(line)
            event if event.is_a?(Hash)
          rescue JSON::ParserError, EncodingError
            nil
          end

          def take_repository(event)
            job = job(event)
            if event["msg"] == "completed #{@command}" then @absences.include?(job) ? take_absent : take_kept
            elsif event["msg"] == "skipped #{@command}" then take_absent
            elsif event["level"] == "error" then take_failed(job, (event["error"] || event["msg"]).to_s)
            end
          end

          def take_kept
            @finished += 1
            @tally.kept
          end

          def take_absent
            @finished += 1
            @absent += 1
            @tally.absent
          end

          def take_failed(job, reason)
            @finished += 1
            @failed += 1
            @tally.failed(job.label, reason)
          end

          def job(event)
            RepositoryJob.new(storage_name: event["storage_name"], relative_path: event["relative_path"],
                              gl_project_path: event["gl_project_path"])
          end

          def remember(text)
            @tail.push(text.byteslice(0, TAIL_LINE).scrub.strip)
            @tail.shift if @tail.size > TAIL_LINES
          end
        end
      end
    end
  end
end
