# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Text from outside (names of files, words of other programs) made fit for one
      # line of a terminal, a log or JSON: valid UTF-8, nothing that moves a cursor.
      module Printable
        ESCAPES = { "\n" => "\\n", "\r" => "\\r", "\t" => "\\t" }.freeze

        # The name with control characters escaped (`\n`) and broken UTF-8 as `\xFF`.
        def self.name(bytes)
          utf8(bytes).gsub(/[[:cntrl:]]/) { |char| ESCAPES[char] || escape(char) }
        end

        # A message on one line: its line breaks become "; ", the rest is as in .name.
        def self.line(text)
          name(utf8(text).strip.gsub(/\s*[\r\n]+\s*/, "; "))
        end

        # Several lines: as in .name but for the line breaks.
        def self.text(text)
          utf8(text).split("\n", -1).map { |line| name(line) }.join("\n")
        end

        def self.utf8(bytes)
          bytes.to_s.dup.force_encoding(Encoding::UTF_8).scrub { |broken| escape(broken) }
        end
        private_class_method :utf8

        def self.escape(bytes)
          bytes.bytes.map { |byte| format("\\x%02X", byte) }.join
        end
        private_class_method :escape
      end
    end
  end
end
