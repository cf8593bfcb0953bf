# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What making one file of a backup came to: `files`, `directories` and all
      # `entries` in it; `raw` and `stored` bytes; `sha256` of the file in
      # hexadecimal; `notes`, the first 1,000 Notes; `note_counts`, all of them by kind; `tail`,
      # the last 256 bytes (binary) of what went in.
      #
      # Of an archive made from an earlier one: its `generation`, 0 for one in full; what was
      # reused: `reused_blocks`, and `reused_raw` and `reused_stored` bytes; `damaged_blocks` of the earlier one,
      # which were made anew from the files; `previous_trouble`: why the earlier one was of no
      # use at all, nil. `handover`: seconds of CPU time that went into passing blocks from thread to thread, which
      # no further worker makes less.
      Product = Struct.new(:files, :directories, :entries, :raw, :stored, :sha256, :notes, :note_counts, :tail,
                           :generation, :reused_blocks, :reused_raw, :reused_stored, :damaged_blocks,
                           :previous_trouble, :handover, keyword_init: true) do
        # values: what the extension returns, in the members' order.
        def self.from_core(values)
          product = new(**members.zip(values).to_h)
          product.notes.map! { |note| Note.new(*note) }
          product
        end
      end

      # Something about one member that was not as it should be. kind: "unreadable",
      # "vanished", "changed", "torn" or "skipped"; path: bytes relative to the
      # component's folder; reason: the system's words.
      Note = Struct.new(:kind, :path, :reason)

      # How far a product has come: bytes read, bytes written, members done with.
      Progress = Struct.new(:raw, :stored, :entries)
    end
  end
end
