# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitEngine
        # A pack's index, version 2 (gitformat-pack): where each object begins in the
        # pack, and the CRC-32 of its bytes there.
        class PackIndex
          MAGIC = "\xFFtOc\0\0\0\2".b.freeze
          FANOUT = 1024
          PACK_HEADER = 12
          # This many fit into memory; a pack of more is for git to check.
          ENTRIES = 250_000
          LARGE_OFFSET = 1 << 31
          SUM = 0xFFFF_FFFF

          # path: of the .idx; id_size: bytes of an object's id
          def initialize(path, id_size)
            @path = path
            @id_size = id_size
          end

          # True if the bytes of all objects are those that were once written. False
          # also if that is not known: an old version, too many objects, a pack that is
          # just being replaced. Blocks on reading the pack.
          def sound?
            entries = File.open(@path, "rb") { |index| read(index) }
            entries ? agree?(entries.sort!) : false
          rescue SystemCallError, EOFError, IndexError
            false
          end

          private

          # [offset << 32 | CRC-32], as single numbers are sorted so much faster than
          # pairs; nil if there is nothing we can read.
          def read(index)
            return unless take(index, MAGIC.size) == MAGIC

            count = take(index, FANOUT).unpack1("@#{FANOUT - 4}N")
            return if count > ENTRIES

            index.seek(count * @id_size, IO::SEEK_CUR)
            sums, offsets = Array.new(2) { take(index, count * 4).unpack("N*") }
            resolve(index, offsets)
            offsets.zip(sums).map { |offset, sum| (offset << 32) | sum }
          end

          # From 2 GiB on they are numbers of rows in a table of their own.
          def resolve(index, offsets)
            large = take(index, offsets.count { |offset| offset >= LARGE_OFFSET } * 8).unpack("Q>*")
            offsets.map! { |offset| offset < LARGE_OFFSET ? offset : large.fetch(offset - LARGE_OFFSET) }
          end

          def take(index, size)
            bytes = index.read(size)
            bytes&.bytesize == size ? bytes : raise(EOFError)
          end

          # Each object ends where the next one begins, the last one at the pack's own hash.
          def agree?(entries)
            File.open("#{@path.delete_suffix(".idx")}.pack", "rb") do |pack|
              sums = PieceSums.new(pack, PACK_HEADER)
              entries << ((pack.size - @id_size) << 32)
              entries.each_cons(2).all? { |entry, next_entry| sums.upto(next_entry >> 32) == (entry & SUM) }
            end
          end
        end
      end
    end
  end
end
