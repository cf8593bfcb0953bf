# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The text pg_dump puts around what it dumps, its comments included.
      module DumpEntry
        # name, schema, owner: raw names, binary; type: as pg_dump calls it ("TABLE DATA"); prefix: "Data for " or "".
        def self.header(name:, type:, schema:, owner:, prefix: "")
          "--\n-- #{prefix}Name: #{line(name)}; Type: #{type}; Schema: #{line(schema)}; Owner: #{line(owner)}\n--\n\n".b
        end

        # Each end of a line is a space there.
        def self.line(name)
          name.b.tr("\n\r", "  ")
        end
        private_class_method :line

        # A string literal. standard: whether standard_conforming_strings is on.
        def self.literal(text, standard: true)
          text = text.gsub("\\") { "\\\\" } unless standard
          "'#{text.gsub("'", "''")}'"
        end
      end
    end
  end
end
