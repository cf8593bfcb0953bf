# frozen_string_literal: true

require_relative "../extension"

module Gitlab
  module Backup
    module Native
      # A pack of git's, by the CRC-32 its index, version 2 (gitformat-pack), has of each object.
      module Pack
        # path: of the pack; index: of its .idx; id_size: bytes of an object's id, 20 or 32;
        # entries: most objects to take into memory, of up to 32 bytes each. True if the bytes
        # of all objects are those that were once written. False also if that is not known: an
        # old version, too many objects, a pack that is just being replaced. Raises Error for
        # another id_size, and without memory. Blocks on reading the pack, without holding other
        # Ruby threads up.
        def self.sound?(path, index:, id_size:, entries:)
          _sound(path, index, id_size, entries)
        end
      end
    end
  end
end
