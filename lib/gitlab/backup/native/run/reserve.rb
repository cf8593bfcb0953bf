# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Room kept free for the last files of a backup. Without it a disk that runs full
      # would take along what was finished, for want of a list of it.
      class Reserve
        # At least as many files as Publication and Seal write, and as a rule their bytes.
        FILES = 4
        BYTES = 256 * 1024

        def initialize(directory)
          @paths = Array.new(FILES) { |number| File.join(directory, ".gbn-reserve-#{number}") }
        end

        # Takes the room. Raises Error when there is none. Random bytes: no file system
        # can store them in less.
        def take
          @paths.each { |path| Durable.write(path, Random.bytes(BYTES)) }
        end

        # Gives it back.
        def release
          @paths.each { |path| File.unlink(path) }
        end
      end
    end
  end
end
