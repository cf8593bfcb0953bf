# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The old content of a component's folder, moved aside while new content takes its
      # place. Every step is in the journal before it is done, so that it can be taken up
      # again whatever ended the run:
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
      class Aside
        # The old content is in the place as a whole: what is in the folder is new.
        WHOLE = %w[moved filled clearing].freeze
        # Nothing is in the place, if it is there at all.
        NOTHING_ASIDE = [nil, "preparing", "returned"].freeze

        # Folder that is exchanged.
        attr_reader :folder

        # target: absolute path of the folder; links in it are followed.
        def initialize(component_id, target:, journal:)
          @id = component_id
          @journal = journal
          @folder = Folder.at(target)
          @places = AsidePlace.new(@folder, journal.restore_id)
        end

        # String: see above.
        def state
          @journal[@id]["state"]
        end

        # Folder the old content is in, nil when none is.
        def place
          @places.at(@journal[@id]["place"]) unless NOTHING_ASIDE.include?(state)
        end

        # Leaves the folder there and empty. What a broken-off run has put there is deleted,
        # and what was there before that run stays the old content. Raises Error.
        def take
          check_place
          return clear if WHOLE.include?(state)

          prepare if NOTHING_ASIDE.include?(state)
          record(state: "moving")
          @folder.move_to(place)
          record(state: "moved")
        end

        # The new content is complete. Raises Error.
        def fill
          record(state: "filled")
        end

        # Puts the old content back and removes the new. Raises Error; may be called again then.
        def give_back
          check_place
          clear if WHOLE.include?(state)
          put_back unless NOTHING_ASIDE.include?(state)
          forget
        end

        # Deletes the old content once the new one is on the disk. Raises Error.
        def settle
          check_place
          @folder.keep_times { delete_old } unless NOTHING_ASIDE.include?(state)
          forget
        end

        # String why the old content must not be deleted yet, nil when it may.
        def unfinished
          return if NOTHING_ASIDE.include?(state) || %w[filled settling].include?(state)

          "#{@id}: the content of #{shown} is not complete, so the old content in #{Printable.name(place.path)} " \
            "is not deleted"
        end

        private

        def record(**values)
          @journal.record(@id, target: shown, **values)
        end

        def shown
          Printable.name(@folder.path)
        end

        # A folder that lies elsewhere now, or is a mount point and not mounted, would make us
        # take the old content for gone.
        def check_place
          return if NOTHING_ASIDE.include?(state)

          known = @journal[@id]["target"]
          return if known == shown && (place.exist? || state == "settling")

          where = "is aside, but #{@id} lies in #{shown} now" if known != shown
          where ||= "is not in #{Printable.name(place.path)}"
          raise Error.new("the old content of #{known} #{where}: mount what is missing, or set the configuration " \
                          "back, and try again", path: known)
        end

        # What a run that died here has noted first is what the folder was.
        def prepare
          @places.remove
          known = @journal[@id]
          record(state: "preparing", place: nil, made: known["made"] || !@folder.exist? || nil)
          @folder.make
          record(attributes: known["attributes"] || @folder.attributes)
          record(place: @places.make)
        end

        def clear
          record(state: "clearing")
          @folder.clear
          record(state: "moved")
        end

        def put_back
          record(state: "returning")
          place.move_to(@folder)
          record(state: "returned")
        end

        def delete_old
          raise Error.new(unfinished, path: @folder.path) if unfinished

          @folder.sync
          record(state: "settling")
          Folder.delete([place.path])
          @places.remove
        end

        def forget
          @places.remove
          put_folder_right if @journal[@id]["attributes"] && state != "settling" && @folder.exist?
          record(state: nil, place: nil, made: nil, attributes: nil) if state
        end

        # Last, as each entry that goes or comes changes the folder's times.
        def put_folder_right
          return @folder.remove if @journal[@id]["made"] && Dir.empty?(@folder.path)

          @folder.restore_attributes(@journal[@id]["attributes"])
        end
      end
    end
  end
end
