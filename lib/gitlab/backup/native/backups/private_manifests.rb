# frozen_string_literal: true

require "delegate"

module Gitlab
  module Backup
    module Native
      # A BackupSource whose manifests are copies: the core reads an earlier one twice, and it is to be the same both
      # times, whatever becomes of that backup meanwhile.
      class PrivateManifests < SimpleDelegator
        ENDING = ".msgpack"

        # source: BackupSource of files; base: the backup path, where the copies lie for the moment.
        def initialize(source, base)
          super(source)
          @folder = TarFolder.new(base, backup_id: source.id)
        end

        # Absolute path; of a manifest that is there, its copy's. Raises Error.
        def product_path(relative)
          return super unless relative.end_with?(ENDING) && product?(relative)

          @folder.file(relative, Place.new(super))
        end

        # Removes the copies.
        def close
          @folder.close
          super
        end
      end
    end
  end
end
