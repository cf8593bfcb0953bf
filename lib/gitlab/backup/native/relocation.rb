# frozen_string_literal: true

require_relative "extension"

module Gitlab
  module Backup
    module Native
      # Files that other programs wrote, moved to the end of an open file without taking room twice.
      module Relocation
        # Moves the regular file `path` to the end of `io`, whose position is neither used nor changed, and removes
        # it. Returns [size in bytes, SHA-256 in hexadecimal]. Raises Error, or whatever interrupts it: then `io` is
        # as long as before, and `path` may have lost bytes. Blocks, without holding other Ruby threads up.
        def self.append(path, io)
          _append(path, io.fileno)
        end
      end
    end
  end
end
