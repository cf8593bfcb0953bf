# frozen_string_literal: true

require_relative "extension"

module Gitlab
  module Backup
    module Native
      # The bytes in front of a member's content in a tar file, as GNU tar writes them.
      module TarHeader
        BLOCK = 512
        # Whose a member is that is nobody's: root's, by number.
        ROOT = [0, 0, "", ""].freeze
        TYPES = { file: 0o100000, directory: 0o040000 }.freeze

        # mode: permissions; mtime: Time; size: bytes of content; owner: an Owner, nil for root. Returns a binary
        # String, a multiple of 512 long, whose length depends on the name alone, so that it can be written anew once
        # the size is known.
        def self.bytes(name:, mode:, mtime:, size: 0, type: :file, owner: nil)
          whose = owner ? [owner.uid, owner.gid, *owner.names] : ROOT
          _bytes(name, TYPES.fetch(type) | mode, size, mtime.to_i, whose)
        end

        # How many zeros follow `size` bytes of content.
        def self.padding(size)
          -size % BLOCK
        end
      end
    end
  end
end
