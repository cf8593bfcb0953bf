# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What an Outcome's notes count, in words: nothing of it is a problem.
      module NoteWords
        # By kind: for one, for several.
        WORDS = {
          "vanished" => ["1 file vanished", "%d files vanished"],
          "changed" => ["1 file changed while it was read", "%d files changed while they were read"],
          "torn" => ["1 file changed during each of three reads", "%d files changed during each of three reads"],
          "socket" => ["1 socket skipped", "%d sockets skipped"],
          "skipped" => ["1 entry skipped that no archive can hold", "%d entries skipped that no archive can hold"]
        }.freeze

        # notes: {kind => Integer}. Returns "2 files vanished, 1 socket skipped", "" for none.
        def self.of(notes)
          notes.map { |kind, count| phrase(Printable.name(kind), count.to_i) }.join(", ")
        end

        def self.phrase(kind, count)
          one, several = WORDS.fetch(kind) { ["1 #{kind}", "#{count} #{kind}"] }
          count == 1 ? one : several.sub("%d", count.to_s)
        end
        private_class_method :phrase
      end
    end
  end
end
