# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What the journal knows of one folder's old content:
      #
      #   preparing   a place for the old content is being made
      #   moving      old content is in the folder and in the place
      #   moved       all of it is in the place; new content is growing
      #   filled      the new content is complete
      #   clearing    the new content is being deleted
      #   returning   as moving, the other way round
      #   returned    all old content is back
      #   settling    the old content is being deleted
      #   nil         nothing is aside
      class AsideRecord
        # The old content is in the place as a whole: what is in the folder is new.
        WHOLE = %w[moved filled clearing].freeze
        # Nothing is in the place, if it is there at all.
        NOTHING_ASIDE = [nil, "preparing", "returned"].freeze
        # The old content is not needed any more.
        DISPENSABLE = %w[filled settling].freeze

        def initialize(component_id, journal)
          @id = component_id
          @journal = journal
        end

        # String: see above.
        def state = self["state"]

        # What is known by that name ("place", "target", "made", "attributes"), or nil.
        def [](name)
          @journal[@id][name]
        end

        # Writes it down. Raises Error.
        def enter(**values)
          @journal.record(@id, **values)
        end

        def nothing_aside? = NOTHING_ASIDE.include?(state)
        def whole? = WHOLE.include?(state)
        def dispensable? = DISPENSABLE.include?(state)
      end
    end
  end
end
