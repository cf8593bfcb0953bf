# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What becomes of the old content a restore has kept: it is put back (`restore undo`) or
      # deleted (`restore settle`). Call it under the RunLock.
      class RestoreUndo
        NOTHING = "no restore has kept anything in"

        # options: RestoreOptions; base: the backup path.
        def initialize(instance:, base:, options:, reporter:)
          @instance = instance
          @base = base
          @options = options
          @reporter = reporter
        end

        # Puts everything back that the newest restore (or the one with that id) has replaced,
        # if the Confirmation says so. Returns the exit status. Raises Error.
        def undo(restore_id, confirmation)
          @journal = journal(restore_id)
          parts = parts_of(@journal).reverse
          SessionCheck.new(parts, forced: @options.force_connected, reporter: @reporter).call
          tell("Put back what was there before #{@journal.restore_id}:", parts)
          return quit unless confirmation.given?

          @reporter.undoing(restore_id: @journal.restore_id, directory: @journal.directory)
          give_back(parts)
        end

        # Deletes what restores have kept, if the Confirmation says so. Returns the exit status.
        # Raises Error.
        def settle(confirmation)
          journals = existing.each { |journal| check_settle(journal) }
          raise Error.new("#{NOTHING} #{@base}", path: @base) if journals.empty?

          journals.each { |journal| tell("Delete what was there before #{journal.restore_id}:", parts_of(journal)) }
          return quit unless confirmation.given?

          journals.all? { |journal| settle_one(journal) } ? 0 : 1
        end

        # Completes what runs that were broken off had begun to delete. Never raises for what cannot
        # be deleted.
        def finish_settling
          existing.select { |journal| journal.state == "settling" }.each { |journal| settle_one(journal) }
        end

        private

        def existing
          Journal.all(@base)
        end

        def journal(restore_id)
          kept = existing.reject { |journal| journal.state == "settling" }
          found = restore_id ? kept.find { |journal| journal.restore_id == restore_id } : kept.last
          raise Error.new(absence(restore_id, kept), path: @base) unless found
          return found if found.restore_id == kept.last.restore_id

          raise Error, "#{kept.last.restore_id} came after #{found.restore_id}: undo or settle that one first"
        end

        def absence(restore_id, kept)
          return "#{NOTHING} #{@base}: there is nothing to undo" if kept.empty?

          "there is no restore #{Printable.name(restore_id).inspect} to undo: there is " \
            "#{kept.map(&:restore_id).join(", ")}"
        end

        def parts_of(journal)
          RestoreParts.new(instance: @instance, source: nil, workers: @options.jobs, options: @options,
                           journal: journal, reporter: @reporter).of(journal.components)
        end

        def tell(headline, parts)
          @reporter.info("#{headline} #{parts.map { |part| part.component.title }.join(", ")}")
        end

        def quit
          @reporter.info("Quitting...")
          1
        end

        def give_back(parts)
          started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
          @journal.enter("failed")
          left = parts.reject { |part| give_back_one(part) }
          return fail_with(left) unless left.empty?

          @journal.remove
          @reporter.undone(restore_id: @journal.restore_id,
                           seconds: Process.clock_gettime(Process::CLOCK_MONOTONIC) - started)
          0
        end

        # One that fails does not stop the others.
        def give_back_one(part)
          part.restore.give_back
          @journal.forget(part.component.id)
          @reporter.info("#{part.component.title}: as before")
          true
        rescue Error => e
          @reporter.error("#{part.component.title}: #{Failure.message(e)}")
          false
        end

        def fail_with(parts)
          @reporter.failed("not all could be put back (#{parts.map { |part| part.component.title }.join(", ")}): " \
                           "mend it and try again: #{RestoreAttempt::UNDO}")
          1
        end

        def check_settle(journal)
          reason = "it was broken off" if journal.state == "running"
          reason ||= parts_of(journal).filter_map { |part| unfinished(part) }.first
          return unless reason

          raise Error, "what was there before #{journal.restore_id} is not deleted: #{reason}; " \
                       "restore again, or put it back with: #{RestoreAttempt::UNDO}"
        end

        def unfinished(part)
          part.restore.unfinished if part.restore.respond_to?(:unfinished)
        end

        def settle_one(journal)
          settled = Settlement.new(journal: journal, parts: parts_of(journal), reporter: @reporter).call
          @reporter.success("Deleted what was there before #{journal.restore_id}") if settled
          settled
        end
      end
    end
  end
end
