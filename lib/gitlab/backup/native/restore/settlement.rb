# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The end of a restore that is accepted: the old content is deleted, and the journal
      # with it. Taken up again by the next run if it is broken off.
      class Settlement
        # parts: the [RestoreParts::Part] of the components in the journal.
        def initialize(journal:, parts:, reporter:)
          @journal = journal
          @parts = parts
          @reporter = reporter
        end

        # Returns true; false if something could not be deleted, after a warning. The new content
        # is good all the same.
        def call
          @journal.enter("settling")
          @parts.each { |part| part.restore.settle }
          @journal.remove
          true
        rescue Error => e
          @reporter.warning("#{Failure.message(e)}; gitlab-backup-cli restore settle tries again to delete what was " \
                            "there before the restore")
          false
        end
      end
    end
  end
end
