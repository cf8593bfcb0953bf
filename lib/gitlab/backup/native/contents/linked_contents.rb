# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # An archive's entries with each hard link as what it is a further name of: which of a file's names has the
      # content is a matter of the order in which an archive was written.
      class LinkedContents
        OF_CONTENT = %i[type size sha256 link].freeze

        # entries: anything with #each_entry.
        def initialize(entries)
          @entries = entries
        end

        # Yields Manifest::Entry, in the same order. Without a block: an Enumerator. Raises Error.
        def each_entry
          return enum_for(:each_entry) unless block_given?

          @entries.each_entry { |entry| yield entry.type == "hardlink" ? resolved(entry) : entry }
        end

        private

        # One that leads nowhere stays what it is.
        def resolved(entry)
          content = contents[entry.link] or return entry

          entry.dup.tap { |copy| OF_CONTENT.each { |field| copy[field] = content[field] } }
        end

        # {path => Entry} of what hard links lead to; read when the first is met.
        def contents
          @contents ||= @entries.each_entry.with_object(targets) do |entry, targets|
            targets[entry.path] = entry if targets.key?(entry.path) && entry.type != "hardlink"
          end.compact
        end

        def targets
          @entries.each_entry.select { |entry| entry.type == "hardlink" }.to_h { |entry| [entry.link, nil] }
        end
      end
    end
  end
end
