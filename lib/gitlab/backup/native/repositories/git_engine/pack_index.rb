# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitEngine
        # A pack's index, beside the pack, which has its name.
        class PackIndex
          # This many fit into memory; a pack of more is for git to check.
          ENTRIES = 1_000_000

          # path: of the .idx; id_size: bytes of an object's id
          def initialize(path, id_size)
            @path = path
            @id_size = id_size
          end

          # As Pack.sound?.
          def sound?
            Pack.sound?("#{@path.delete_suffix(".idx")}.pack", index: @path, id_size: @id_size, entries: ENTRIES)
          end
        end
      end
    end
  end
end
