# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What one component of a backup holds, wherever that is to be read.
      module ComponentContents
        # Yields a Manifest or what else has #each_entry. Returns what the block does. session: CLI::Session; its
        # reporter is told when that takes longer than it should. Raises Error when the backup has no such component.
        def self.open(source, component, session, &block)
          check(source, component)
          return yield source.entries(component) if BackupSource::FOLDERS.include?(component)

          SourceProduct.of(source, component).first.with_manifest(session, &block)
        end

        # Raises Error unless the backup has that component.
        def self.check(source, component)
          return if source.components.include?(component)

          known = Component::IDS.include?(component)
          raise Error, "there is no #{"component " unless known}#{Printable.name(component)} in " \
                       "#{Printable.name(source.id)}: it has #{source.components.join(", ")}"
        end
      end
    end
  end
end
