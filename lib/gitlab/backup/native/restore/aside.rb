# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The old content of a component's folder, moved aside while new content takes its
      # place. Every step is in the journal before it is done (AsideRecord), so that it can be
      # taken up again whatever ended the run.
      class Aside
        # Folder that is exchanged.
        attr_reader :folder

        # target: absolute path of the folder; links in it are followed.
        def initialize(component_id, target:, journal:)
          @id = component_id
          @record = AsideRecord.new(component_id, journal)
          @folder = Folder.at(target)
          @places = AsidePlace.new(@folder, journal.restore_id)
        end

        # String: see AsideRecord.
        def state = @record.state

        # Folder the old content is in, nil when none is.
        def place
          @places.at(@record["place"]) unless @record.nothing_aside?
        end

        # Leaves the folder there and empty. What a broken-off run has put there is deleted,
        # and what was there before that run stays the old content. Raises Error.
        def take
          check_place
          return clear if @record.whole?

          prepare if @record.nothing_aside?
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
          clear if @record.whole?
          put_back unless @record.nothing_aside?
          forget
        end

        # Deletes the old content once the new one is on the disk. Raises Error.
        def settle
          check_place
          @folder.keep_times { delete_old } unless @record.nothing_aside?
          forget
        end

        # String why the old content must not be deleted yet, nil when it may.
        def unfinished
          return if @record.nothing_aside? || @record.dispensable?

          "#{@id}: the content of #{shown} is not complete, so the old content in #{Printable.name(place.path)} " \
            "is not deleted"
        end

        private

        def record(**values)
          @record.enter(target: shown, **values)
        end

        def shown
          Printable.name(@folder.path)
        end

        # A folder that lies elsewhere now, or is a mount point and not mounted, would make us
        # take the old content for gone.
        def check_place
          return if @record.nothing_aside?

          known = @record["target"]
          return if known == shown && (place.exist? || state == "settling")

          where = "is aside, but #{@id} lies in #{shown} now" if known != shown
          where ||= "is not in #{Printable.name(place.path)}"
          raise Error.new("the old content of #{known} #{where}: mount what is missing, or set the configuration " \
                          "back, and try again", path: known)
        end

        # What a run that died here has noted first is what the folder was.
        def prepare
          @places.remove
          record(state: "preparing", place: nil, made: @record["made"] || !@folder.exist? || nil)
          @folder.make
          record(attributes: @record["attributes"] || @folder.attributes)
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
          put_folder_right if @record["attributes"] && state != "settling" && @folder.exist?
          record(state: nil, place: nil, made: nil, attributes: nil) if state
        end

        # Last, as each entry that goes or comes changes the folder's times.
        def put_folder_right
          return @folder.remove if @record["made"] && Dir.empty?(@folder.path)

          @folder.restore_attributes(@record["attributes"])
        end
      end
    end
  end
end
