# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitEngine
        # The text of gitaly-backup's manifest: TOML, in the form its writer gives it.
        module Manifest
          ESCAPES = { "\b" => "\\b", "\t" => "\\t", "\n" => "\\n", "\f" => "\\f", "\r" => "\\r",
                      "\"" => "\\\"", "\\" => "\\\\" }.freeze
          LITERAL = /\A[^\x00-\x1F\x7F']*\z/n
          ESCAPED = /[\x00-\x1F\x7F"\\]/n

          # empty, non_existent: as in the format; object_format: "sha1", "sha256" or "";
          # head: what HEAD points to or nil; steps: Hashes of their keys, oldest first. Returns a binary String.
          def self.text(empty:, non_existent:, object_format:, head:, steps:)
            lines = ["empty = #{empty}", "non_existent = #{non_existent}", "object_format = #{quote(object_format)}"]
            lines << "head_reference = #{quote(head)}" if head
            steps.each { |step| lines.push("", "[[steps]]", *step.map { |key, value| "#{key} = #{quote(value)}" }) }
            lines.map { |line| "#{line}\n".b }.join
          end

          # The value as a literal string where one can hold it.
          def self.quote(value)
            bytes = value.b
            return "'#{bytes}'".b if LITERAL.match?(bytes)

            "\"#{bytes.gsub(ESCAPED) { |byte| ESCAPES[byte] || format("\\u%04X", byte.ord) }}\"".b
          end
        end
      end
    end
  end
end
