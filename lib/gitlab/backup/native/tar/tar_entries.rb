# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What an outer tar has in one of its folders, as if that were an archive with a manifest.
      class TarEntries
        NS = 1_000_000_000

        # index: TarIndex; folder: its name.
        def initialize(index, folder)
          @index = index
          @folder = folder.b
        end

        # Yields Manifest::Entry in the tar's order, without digests. paths as of Manifest#each_entry. Raises Error.
        def each_entry(paths: nil)
          return enum_for(:each_entry, paths: paths) unless block_given?

          @index.each_below(@folder) do |name, member|
            entry = entry(name.delete_prefix(@folder).delete_prefix("/"), member)
            yield entry if entry.within?(paths)
          end
        end

        private

        def entry(path, member)
          Manifest::Entry.new(path, member.type, member.mode, member.mtime * NS, member.size)
        end
      end
    end
  end
end
