# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class RepositoryStore
        # Which repositories a backup's folder holds, whatever the layout.
        class Names
          STEP = /\A\d{3,}\z/

          # root: Root
          def initialize(root)
            @root = root
          end

          # Yields storage name (nil in the old layouts) and relative path of each. Raises Error.
          def each(&block)
            storages = @root.children("manifests").select { |name| @root.directory?("manifests/#{name}") }
            old = @root.children(".") - ["manifests", "backup_ids", *storages]
            named = {}
            storages.each do |storage|
              with_manifests("manifests/#{storage}", nil) do |relative_path|
                named[relative_path] = true if old.any?
                yield storage, relative_path
              end
            end
            old_layouts(nil, old) { |path| yield nil, path unless named[path] }
          end

          private

          def with_manifests(folder, relative, &block)
            names = @root.children(folder)
            manifest = names.find { |name| name.end_with?(".toml") && @root.file?("#{folder}/#{name}") }
            yield relative if relative && manifest
            names.each do |name|
              next unless @root.directory?("#{folder}/#{name}")

              with_manifests("#{folder}/#{name}", relative ? "#{relative}/#{name}" : name, &block)
            end
          end

          # What the manifest layout keeps lies in folders of the storages' names.
          def old_layouts(folder, names, &block)
            return yield "#{folder}.git" if folder && @root.file?("#{folder}/#{OldLayouts::POINTER}")

            prefix = folder ? "#{folder}/" : ""
            bundles(names).each { |name| yield "#{prefix}#{name}.git" }
            names.map { |name| "#{prefix}#{name}" }.select { |path| @root.directory?(path) }.each do |path|
              old_layouts(path, @root.children(path), &block)
            end
          end

          def bundles(names)
            names.grep(/\.(?:bundle|refs)\z/).map { |name| name.sub(/\.\w+\z/, "") }.uniq.grep_v(STEP)
          end
        end
      end
    end
  end
end
