# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The components of a restore, one after another, and what becomes of the old content
      # then. What each came to is in the journal as its "result".
      class RestoreAttempt
        UNDO = "gitlab-backup-cli restore undo"
        # A component without these cannot be found in what the database says.
        NEEDS_DATABASE = "repositories"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

        # source: BackupSource; journal: Journal; planned: [RestoreParts::Part]; parts: RestoreParts;
        # keep: true to keep the old content also after success; after: called with each ComponentResult,
        # may raise Error.
        def initialize(source:, journal:, planned:, parts:, keep:, reporter:, after: nil)
          @after = after
          @source = source
          @journal = journal
          @planned = planned
          @parts = parts
          @keep = keep
          @reporter = reporter
          @started = now
        end

        # Restores. Returns the exit status. Raises Error.
        def call
          @journal.enter("running", backup_id: @source.id)
          results = @planned.filter_map { |part| run(part) }
          @reporter.table(results.map { |result| Summary.component(result).transform_keys(&:to_s) })
          results.all?(&:good?) && whole? ? succeed : fail_with(results)
        end

        private

        def now
          Process.clock_gettime(Process::CLOCK_MONOTONIC)
        end

        def run(part)
          component = part.component
          return skip(component) if component.id == NEEDS_DATABASE && @databases_failed

          @reporter.component_started(component)
          result = attempt(part)
          @reporter.component_ended(result)
          @journal.record(component.id, result: result.good? ? SUCCEEDED : FAILED)
          @databases_failed = true if component.id == "db" && result.failed?
          @after&.call(result)
          result
        end

        def skip(component)
          @journal.record(component.id, result: FAILED)
          @reporter.component_skipped(component, "the databases were not restored")
          nil
        end

        def attempt(part)
          started = now
          @journal.record(part.component.id, result: nil)
          outcome, error = outcome_of(part)
          ComponentResult.new(component: part.component, outcome: outcome, error: error, seconds: now - started)
        end

        def outcome_of(part)
          [part.restore.call, nil]
        rescue Error => e
          give_up(e) if e.status == RestoredDump::DAMAGED
          [nil, Error.new(Failure.message(e), status: e.status, errno: e.errno, path: e.path)]
        rescue SystemCallError, IOError => e
          [nil, Error.new(Failure.text(e), errno: e.is_a?(SystemCallError) ? e.errno : nil)]
        end

        # A damaged dump ends the run before anything else is replaced, as it would have had it been read before.
        def give_up(error)
          @journal.components.empty? ? @journal.remove : @journal.enter("failed")
          raise error
        end

        # A run before this one may have left something behind that failed.
        def whole?
          @journal.components.all? { |id| @journal[id]["result"] == SUCCEEDED }
        end

        def succeed
          @keep ? keep : settle
          @reporter.restored(backup_id: @source.id, seconds: now - @started)
          0
        end

        def settle
          Settlement.new(journal: @journal, parts: @parts.of(@journal.components), reporter: @reporter).call
        end

        def keep
          @journal.enter("kept")
          @reporter.info("What was there before is kept: #{UNDO} puts it back, gitlab-backup-cli restore settle " \
                         "deletes it")
        end

        def fail_with(results)
          @journal.enter("failed")
          bad = results.reject(&:good?).map { |result| result.component.title }
          told = bad.empty? ? "an earlier restore is still incomplete" : "not all was restored (#{bad.join(", ")})"
          @reporter.failed("#{told}; what was there before is kept: mend it and restore again, " \
                           "or put all of it back with: #{UNDO}")
          1
        end
      end
    end
  end
end
