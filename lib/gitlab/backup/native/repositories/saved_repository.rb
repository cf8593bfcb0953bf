# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What a backup holds of one repository. id: of the run that saved it, nil if nobody
      # wrote it down; description: the file that told so, relative to `repositories`;
      # object_format: "sha1" or "sha256"; head: ref HEAD points to or nil; empty: true if it
      # is said to have had no refs; non_existent: true if there was none; listless: true if
      # the list of refs may be missing, as the layout once had none: then the bundle tells
      # them; steps: [Step], oldest first.
      SavedRepository = Struct.new(:id, :description, :object_format, :head, :empty, :non_existent, :listless, :steps,
                                   keyword_init: true) do
        # Bytes of all bundles.
        def bytes
          steps.sum { |step| step.bundle && File.file?(step.bundle) ? File.size(step.bundle) : 0 }
        end
      end

      class SavedRepository
        # Absolute paths of one step's files, nil where none is named; a file that is named
        # need not be there.
        Step = Struct.new(:bundle, :refs, :hooks, keyword_init: true)
      end
    end
  end
end
