# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The end of an outer tar: whether there is one, and the summary, which is the last member of ours, or nearly so
      # in an exported backup. To find it from the front each header would have to be looked at, and repositories can
      # be millions of members.
      class TarEnd
        CLOSING = "\0" * (2 * TarHeader::BLOCK)
        # How far from the end it is looked for; the longest there can be has some 4 MiB.
        WINDOWS = [256 * 1024, 8 * 1024 * 1024].freeze
        # In a header: octal digits of the size, those of its sum, and the format's mark.
        SIZE = (124...135)
        SUM = (148...156)
        MARK = (257...262)

        def initialize(path)
          @path = path
          @size = File.size(path)
        end

        # False for a tar that was cut off. Raises SystemCallError.
        def there?
          (@size % TarHeader::BLOCK).zero? && read(CLOSING.bytesize) == CLOSING
        end

        # String: the summary as it was written, nil when there is none. Raises SystemCallError.
        def summary = found.first

        # Is there no summary, though members of ours are near the end? A header among them is damaged then. Raises
        # SystemCallError.
        def broken? = found.last

        private

        # [summary, broken?]
        def found
          @found ||= look
        end

        def look
          WINDOWS.each do |count|
            bytes = read(count)
            text = summary_in(bytes)
            return [text, false] if text

            start = last_of_ours(bytes)
            return [nil, true] if start && !leads_to_end?(bytes, start)
            break if count >= @size
          end
          [nil, false]
        end

        def read(bytes)
          count = [bytes, @size].min
          File.binread(@path, count, @size - count).to_s
        end

        # Headers begin at whole blocks, from the end as well as from the front. From the right one on it is headers
        # and contents up to the closing blocks; what merely looks like one leads elsewhere.
        def summary_in(bytes)
          start = bytes.rindex("#{Summary::NAME}\0")
          size = start && size_at(bytes, start)
          bytes.byteslice(start + TarHeader::BLOCK, size) if size && leads_to_end?(bytes, start)
        end

        def leads_to_end?(bytes, position)
          while (size = size_at(bytes, position))
            position += TarHeader::BLOCK + size + TarHeader.padding(size)
          end
          bytes.byteslice(position, CLOSING.bytesize) == CLOSING
        end

        # Where the last sound header stands of a member in our folder, nil without one.
        def last_of_ours(bytes)
          start = bytes.bytesize
          while start.positive? && (start = bytes.rindex("#{OuterTar::MANIFEST}/", start - 1))
            return start if size_at(bytes, start)
          end
        end

        # Of the content behind the header at that position, nil when there is no sound header.
        def size_at(bytes, position)
          return unless ((bytes.bytesize - position) % TarHeader::BLOCK).zero?

          header = bytes.byteslice(position, TarHeader::BLOCK).to_s
          Integer(header[SIZE], 8, exception: false) if header[MARK] == "ustar" && sound?(header)
        end

        # The sum takes its own field for spaces.
        def sound?(header)
          header[SUM].to_i(8) == header.sum(32) - header[SUM].sum(32) + (SUM.size * 32)
        end
      end
    end
  end
end
