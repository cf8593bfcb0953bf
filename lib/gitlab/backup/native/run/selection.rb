# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Which components a run is about: those of --only (all, without it) but those of --skip.
      class Selection
        # Lists of component ids; verb: what is done to them. Raises Error when nothing remains.
        def initialize(only: [], skip: [], verb: "back up")
          @ids = (only.empty? ? Component::IDS : Component::IDS & only) - skip
          raise Error, "--only and --skip leave no component to #{verb}" if @ids.empty?
        end

        def include?(component)
          @ids.include?(component.id)
        end

        # Ids left out on purpose, in GitLab's order.
        def left_out
          Component::IDS - @ids
        end
      end
    end
  end
end
