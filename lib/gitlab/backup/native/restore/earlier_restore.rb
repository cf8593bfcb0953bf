# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What a restore that did not succeed has left behind.
      class EarlierRestore
        # journal: Journal; parts: RestoreParts.
        def initialize(journal:, parts:, reporter:)
          @journal = journal
          @parts = parts
          @reporter = reporter
        end

        # Tells the restore that goes on from there.
        def tell
          return if @journal.components.empty?

          @reporter.warning("The restore #{@journal.restore_id} was not completed. What was there before it is what " \
                            "#{RestoreAttempt::UNDO} puts back, also after this one")
        end

        # Puts components back that were left half restored and are not among these [RestoreParts::Part], which are
        # restored now. Raises Error.
        def give_back_except(planned)
          ids = @journal.components - planned.map { |part| part.component.id }
          broken = ids.reject { |id| @journal[id]["result"] == RestoreAttempt::SUCCEEDED }
          @parts.of(broken).each do |part|
            part.restore.give_back
            @journal.forget(part.component.id)
            @reporter.info("#{part.component.title}: given back what was there before #{@journal.restore_id}")
          end
        end
      end
    end
  end
end
