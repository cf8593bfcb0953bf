# frozen_string_literal: true

require "tmpdir"
require_relative "extension"

module Gitlab
  module Backup
    module Native
      # The index of one product (docs/format/manifest.md), read as a stream: whatever its
      # size, some hundreds of records are in memory at a time.
      #
      #   Manifest.new("manifest/uploads.msgpack").each_entry(paths: ["a/b"]) { |entry| puts entry.path }
      #
      # Every method opens the file anew and raises FormatError, naming file and byte, for a
      # manifest that contradicts itself, and Error when it cannot be read.
      class Manifest
        # In the order of the core's gbn_manifest_kind.
        KINDS = { header: 1, block: 2, entry: 4, note: 8, trailer: 16 }.freeze
        # Records the core looks at before Ruby's other threads and signals get a turn, and the most it gives.
        BATCH = 512
        # What the names of products end with.
        PACKED = ".gz"

        # backup_id, product: bytes; codec: "isal", "zlib" or "none". Of an archive made from an earlier one:
        # generation, how many came before it, else 0; previous: bytes, the backup the earlier one is in, else nil.
        Header = Struct.new(:backup_id, :product, :codec, :generation, :previous)
        Block = Struct.new(:number, :raw_offset, :raw_size, :stored_offset, :stored_size, :raw_crc32, :stored_crc32)
        # path, owner, group, link: bytes (the last three may be nil); type: "file", "directory", "symlink",
        # "hardlink", "fifo", "character" or "block"; mode: permissions; mtime_ns: since the epoch; sha256:
        # hexadecimal, of files; rdev: [major, minor] of devices.
        Entry = Struct.new(:path, :type, :mode, :mtime_ns, :size, :sha256, :uid, :gid, :owner, :group, :link, :rdev) do
          def file? = type == "file"
          def directory? = type == "directory"

          # Time, to the nanosecond
          def mtime = Time.at(0, mtime_ns, :nsec)

          # Is it one of these members, or below one? paths: as of Manifest#each_entry; nil for all.
          def within?(paths)
            paths.nil? || paths.any? { |top| top.empty? || path == top || path.start_with?("#{top}/") }
          end
        end
        # kind: "unreadable", "vanished", "changed", "torn" or "skipped"; path, reason: bytes.
        Note = Struct.new(:kind, :path, :reason)
        # The last three: what came from an earlier archive, 0 for one in full.
        Trailer = Struct.new(:blocks, :entries, :notes, :raw_size, :stored_size, :raw_crc32, :sha256,
                             :reused_blocks, :reused_raw, :reused_stored)

        # An open manifest. Each of its methods closes it in the end; one that is never called leaves that to the
        # garbage collector.
        class Cursor
          # sort_in: a folder for what does not fit in memory; entries come in walk order then, and nothing else.
          def initialize(path, sort_in: nil)
            _open(path, sort_in)
          end

          # Yields arrays of values, in the order of the members of the structs above.
          def each(kinds, paths = nil, &block)
            while (records = _next(kinds, paths, BATCH))
              records.each(&block)
            end
          ensure
            _close
          end

          # Array of values of the file's first record, the header.
          def first
            _next(KINDS[:header], nil, 1).first
          ensure
            _close
          end
        end
        private_constant :Cursor

        # String: path of the file.
        attr_reader :path

        def initialize(path)
          @path = path
        end

        # Header. Reads no more than the begin of the file.
        def header
          @header ||= Header.new(*Cursor.new(@path).first)
        end

        # Does it speak of what COMPRESS_CMD has made the product of, instead of the product? Then its blocks and sums
        # are those of "uploads.tar", which the counterpart of that command gives again.
        def inner?
          !header.product.end_with?(PACKED)
        end

        # Does it say that it belongs to this product of this backup?
        def fits?(backup_id:, product:)
          header.backup_id == backup_id.b && header.product == product.b
        end

        # Yields an Entry for each member, in walk order. paths: Array of String; only these
        # members ("a/b") and what is beneath them ("" is the root). Without a block: an Enumerator.
        def each_entry(paths: nil)
          return enum_for(:each_entry, paths: paths) unless block_given?

          Cursor.new(@path, sort_in: unordered? ? Dir.tmpdir : nil)
                .each(KINDS[:entry], paths) { |values| yield Entry.new(*values) }
        end

        # Yields a Note for whatever differs from what was on disk. Without a block: an Enumerator.
        def each_note
          return enum_for(:each_note) unless block_given?

          Cursor.new(@path).each(KINDS[:note]) { |values| yield Note.new(*values) }
        end

        # Yields a Block for each. Without a block: an Enumerator.
        def each_block
          return enum_for(:each_block) unless block_given?

          Cursor.new(@path).each(KINDS[:block]) { |values| yield Block.new(*values) }
        end

        # Trailer, with the manifest read to its end, and so proven to agree with itself.
        def trailer
          @trailer ||= last_trailer
        end

        private

        # What is new in an archive made from an earlier one stands behind the rest.
        def unordered?
          header.generation.positive?
        end

        def last_trailer
          found = nil
          Cursor.new(@path).each(KINDS[:trailer]) { |values| found = Trailer.new(*values) }
          found
        end
      end
    end
  end
end
