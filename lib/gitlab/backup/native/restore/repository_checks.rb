# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What can be known of a restore of repositories before it begins.
      class RepositoryChecks
        # A repository on disk, beside its packs: folders, refs, the packs' index.
        OVERHEAD = 64 * 1024
        # Warnings of repositories whose description is damaged.
        NAMED = 10

        # instance: Instance; store: RepositoryStore; monitor: Monitor
        def initialize(instance, store, monitor:)
          @instance = instance
          @store = store
          @monitor = monitor
        end

        # Raises Error when one of the [Storage] has no folder, or one we cannot write to.
        def storages(storages)
          storages.each { |storage| check_folder(storage, "#{storage.name} (#{Printable.name(storage.path)})") }
        end

        # One that is damaged does not stop the others: it gets a warning. Raises Error when all are.
        def manifests
          broken = []
          sound = @store.each.count do |storage_name, path|
            reason = reason(storage_name, path)
            broken << reason if reason && broken.size < NAMED
            reason.nil?
          end
          raise Error, "the repositories cannot be restored: #{broken.first}" if broken.any? && sound.zero?

          broken.each { |message| @monitor.warn("a repository will not be restored: #{message}") }
        end

        # {folder => bytes} of these [Storage]. Packs take as much as bundles do; what the old
        # layouts have may be any storage's. Raises Error.
        def needs(storages)
          sizes = sizes_by_folder
          others = sizes.except(*@instance.storages.keys).values.sum
          storages.to_h { |storage| [storage.path, sizes.fetch(storage.name, 0) + others] }
        end

        private

        def check_folder(storage, name)
          unless File.directory?(storage.path)
            raise Error.new("storage #{name} is no directory: make or mount it", path: storage.path)
          end
          return if writable?(storage.path)

          who = @instance.account&.name || "us"
          raise Error.new("storage #{name} is not writable for #{who}: it must be GitLab's", path: storage.path)
        end

        def writable?(path)
          Account.as(@instance.account) { File.writable?(path) }
        end

        def reason(storage_name, relative_path)
          @store.find(storage_name, relative_path)
          nil
        rescue Error => e
          e.message
        end

        # {name of a folder at the top => bytes}
        def sizes_by_folder
          tree = Tree.new(@store.path)
          files = tree.files.select { |path| path.end_with?(".bundle", ".refs") }
          files.group_by { |path| path[%r{\A[^/]+}].force_encoding(Encoding::UTF_8) }
               .transform_values { |paths| paths.sum { |path| File.size(tree.absolute(path)) + OVERHEAD } }
        rescue SystemCallError => e
          raise Failure.of("read", @store.path, e)
        end
      end
    end
  end
end
