# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # A StagedBackup as those see it that read it.
      class StagedSource < BackupSource
        def metadata
          BackupInformation::YAML_NAME
        end

        # BackupInformation. Raises Error.
        def details
          @backup.information
        end

        # Nothing has to be unpacked.
        def unpacking_bytes
          0
        end

        # Names at the top that belong to it.
        def names
          products = Component::IDS.flat_map { |id| FOLDERS.include?(id) ? [id] : ["#{id}.tar.gz"] }
          all = [metadata, *products, BackupInformation::JSON_NAME, OuterTar::MANIFEST]
          all.select { |name| product?(name) || folder?(name) }
        end

        def files
          names.flat_map do |name|
            next [name.b] unless folder?(name)

            Tree.new(product_path(name)).files.map { |file| File.join(name.b, file) }
          end
        end
      end
    end
  end
end
