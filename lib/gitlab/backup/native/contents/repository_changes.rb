# frozen_string_literal: true

require "digest"

module Gitlab
  module Backup
    module Native
      # Which repositories differ between two backups: by their refs, HEAD and hooks. Bundles of the same repository
      # differ from run to run.
      class RepositoryChanges
        # before, after: BackupSource.
        def initialize(before, after)
          @before = before
          @after = after
        end

        # Yields an EntryChanges::Change, without entries, for each. Raises Error.
        def each
          before, after = [@before, @after].map { |source| states(source) }
          (before.keys | after.keys).sort.each do |path|
            change = change(path, before[path], after[path])
            yield change if change
          end
        end

        private

        # {path => {aspect => value}}; of those that existed.
        def states(source)
          return {} unless source.components.include?("repositories")

          store = RepositoryStore.new(source.product_path("repositories"), backup_id: source.id)
          store.each.to_h { |storage, path| [path.b, state(store.find(storage, path))] }.compact
        end

        def state(saved)
          return if saved.nil? || saved.non_existent

          last = saved.steps.last
          { "refs" => digest(last&.refs) || digest(last&.bundle), "HEAD" => saved.head, "hooks" => digest(last&.hooks),
            "object format" => saved.object_format }
        end

        def digest(path)
          Digest::SHA256.file(path).hexdigest if path && File.file?(path)
        rescue SystemCallError => e
          raise Failure.of("read", path, e)
        end

        def change(path, before, after)
          return EntryChanges::Change.new("added", path, []) unless before
          return EntryChanges::Change.new("removed", path, []) unless after

          what = before.keys.reject { |aspect| before[aspect] == after[aspect] }
          EntryChanges::Change.new("changed", path, what) if what.any?
        end
      end
    end
  end
end
