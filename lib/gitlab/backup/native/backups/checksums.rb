# frozen_string_literal: true

require "digest"

module Gitlab
  module Backup
    module Native
      # `manifest/SHA256SUMS`: every file of a backup but itself, as sha256sum writes and
      # checks them, and a last line (a comment for sha256sum) with the hash of the rest.
      module Checksums
        NAME = "manifest/SHA256SUMS"
        # sha256sum marks a line with such a name by a backslash in front of the hash.
        ESCAPES = { "\\" => "\\\\", "\n" => "\\n", "\r" => "\\r" }.freeze
        ESCAPED = /[\\\n\r]/n

        # The content (binary) for {relative path => hex}.
        def self.text(sums)
          lines = sums.transform_keys(&:b).sort.map { |path, sum| line(path, sum) }.join
          "#{lines}#{last_line(lines)}".b
        end

        # {relative path (binary) => hex} of such a content, nil when a byte of it was changed. below: of these paths
        # alone ("manifest/"); repositories can be millions of lines.
        def self.parse(content, below: "")
          lines = content.b
          last = lines.slice!(/^# sha256 \h{64}\n\z/n)
          return unless last == last_line(lines)

          lines.scan(/^\\?\h{64}  #{Regexp.escape(below)}.*$/n).to_h { |line| entry(line) }
        end

        def self.last_line(lines)
          "# sha256 #{Digest::SHA256.hexdigest(lines)}\n"
        end
        private_class_method :last_line

        def self.entry(line)
          sum, path = line.delete_prefix("\\").split("  ", 2)
          path = path.gsub(/\\[\\nr]/n) { |pair| ESCAPES.key(pair) } if line.start_with?("\\")
          [path, sum]
        end
        private_class_method :entry

        def self.line(path, sum)
          escaped = path.gsub(ESCAPED) { |char| ESCAPES.fetch(char) }
          "#{"\\" if escaped != path}#{sum}  ".b << escaped << "\n"
        end
        private_class_method :line
      end
    end
  end
end
