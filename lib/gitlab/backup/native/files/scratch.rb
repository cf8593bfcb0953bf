# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Temporary files that leave nothing behind, however we end: they have no name.
      module Scratch
        # directory: String, where the space is taken. Returns a private, binary File,
        # open for reading and writing; it is gone when it is closed. Raises Error.
        def self.open(directory)
          path = File.join(directory, ".gbn-scratch-#{Process.pid}-#{Thread.current.object_id}")
          file = File.open(path, File::RDWR | File::CREAT | File::EXCL, 0o600).binmode
          File.unlink(path)
          file
        rescue SystemCallError => e
          raise Failure.of("make a temporary file in", directory, e)
        end
      end
    end
  end
end
