# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What differs between two archives, from their manifests alone.
      #
      # Both are read side by side, as they list their members in the same order. An archive of another tool
      # has an order of its own; then one of the two lists is kept in memory.
      class EntryChanges
        # kind: "added", "removed" or "changed"; path: bytes; what: of a change, words for what differs; before, after:
        # Manifest::Entry or nil.
        Change = Struct.new(:kind, :path, :what, :before, :after)

        # What of an entry counts. The time of a folder changes whenever something in it comes or goes.
        ASPECTS = {
          "type" => ->(entry) { [entry.type, entry.rdev] },
          "content" => ->(entry) { [entry.size, entry.sha256] },
          "link" => :link.to_proc,
          "mode" => :mode.to_proc,
          "owner" => ->(entry) { [entry.owner || entry.uid, entry.group || entry.gid] },
          "time" => ->(entry) { entry.file? ? entry.mtime_ns / 1_000_000_000 : nil }
        }.freeze

        # before, after: anything with #each_entry in which no path stands twice.
        def initialize(before, after)
          @before = LinkedContents.new(before)
          @after = LinkedContents.new(after)
        end

        # Yields each Change. Raises Error.
        def each(&block)
          return enum_for(:each) unless block

          ordered?(@before) && ordered?(@after) ? merge(&block) : look_up(&block)
        end

        private

        # As walk order has it, where a folder's content follows at once: "a/b" before "a.b".
        def key(entry)
          entry.path.tr("/", "\0")
        end

        def ordered?(entries)
          last = nil
          entries.each_entry do |entry|
            key = key(entry)
            return false if last && last >= key

            last = key
          end
          true
        end

        def merge(&block)
          lists = [@before.each_entry, @after.each_entry]
          before, after = lists.map { |list| head(list) }
          while before || after
            order = order(before, after)
            compare(order.positive? ? nil : before, order.negative? ? nil : after, &block)
            before = head(lists.first) unless order.positive?
            after = head(lists.last) unless order.negative?
          end
        end

        def head(list)
          list.next
        rescue StopIteration
          nil
        end

        def order(before, after)
          return before ? -1 : 1 unless before && after

          key(before) <=> key(after)
        end

        def look_up(&block)
          known = @before.each_entry.to_h { |entry| [entry.path, entry] }
          @after.each_entry { |entry| compare(known.delete(entry.path), entry, &block) }
          known.each_value { |entry| compare(entry, nil, &block) }
        end

        def compare(before, after)
          return yield Change.new("added", after.path, [], nil, after) unless before
          return yield Change.new("removed", before.path, [], before, nil) unless after

          what = differences(before, after)
          yield Change.new("changed", before.path, what, before, after) if what.any?
        end

        def differences(before, after)
          names = ASPECTS.reject { |_, value| value.call(before) == value.call(after) }.keys
          names.include?("type") ? ["type"] : names
        end
      end
    end
  end
end
