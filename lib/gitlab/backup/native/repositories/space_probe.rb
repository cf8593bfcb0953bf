# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Tells a full disk from a broken repository: git says of both that it failed.
      module SpaceProbe
        BYTES = "\0" * 65_536

        # Raises Error when nothing can be written in the folder any more.
        def self.check(folder)
          file = Scratch.open(folder)
          file.write(BYTES)
          file.flush
        rescue SystemCallError => e
          raise Failure.of("write to", folder, e)
        ensure
          file&.close
        end
      end
    end
  end
end
