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
        # In a header: octal digits of the size, and the format's mark.
        SIZE = (124...135)
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
        def summary
          WINDOWS.each do |bytes|
            text = summary_in(read(bytes))
            return text if text || bytes >= @size
          end
          nil
        end

        private

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

        # Of the content behind the header at that position, nil when there is no header.
        def size_at(bytes, position)
          return unless ((bytes.bytesize - position) % TarHeader::BLOCK).zero?

          header = bytes.byteslice(position, TarHeader::BLOCK).to_s
          Integer(header[SIZE], 8, exception: false) if header[MARK] == "ustar"
        end
      end
    end
  end
end
