# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The types of the entries a dump without rows may have: those that stand before the rows or behind them, wherever
      # that is, whatever the rows are.
      module DumpTypes
        KNOWN = [
          "ACCESS METHOD", "ACL", "AGGREGATE", "CAST", "CHECK CONSTRAINT", "COLLATION", "COMMENT", "CONSTRAINT",
          "CONVERSION", "DEFAULT", "DEFAULT ACL", "DOMAIN", "EVENT TRIGGER", "EXTENSION", "FK CONSTRAINT",
          "FOREIGN DATA WRAPPER", "FOREIGN TABLE", "FUNCTION", "INDEX", "INDEX ATTACH", "MATERIALIZED VIEW", "OPERATOR",
          "OPERATOR CLASS", "OPERATOR FAMILY", "POLICY", "PROCEDURAL LANGUAGE", "PROCEDURE", "PUBLICATION",
          "PUBLICATION TABLE", "PUBLICATION TABLES IN SCHEMA", "ROW SECURITY", "RULE", "SCHEMA", "SECURITY LABEL",
          "SEQUENCE", "SEQUENCE OWNED BY", "SERVER", "SHELL TYPE", "STATISTICS", "SUBSCRIPTION", "TABLE",
          "TABLE ATTACH", "TEXT SEARCH CONFIGURATION", "TEXT SEARCH DICTIONARY", "TEXT SEARCH PARSER",
          "TEXT SEARCH TEMPLATE", "TRANSFORM", "TRIGGER", "TYPE", "USER MAPPING", "VIEW"
        ].to_h { |type| [type.b, true] }.freeze
        HEADER = /^-- (?:[A-Z][a-z]+ for )?Name: .*; Type: .*; Schema: .*; Owner: .*$/n
        TYPE = /; Type: ([A-Z ]+); Schema: /n

        # String: a type that is not known, or nil. What a name or a function's text imitates counts as well: that may
        # cost the database our engine, and never hides a type.
        def self.unknown(text)
          text.scan(HEADER) do |line|
            types = line.scan(TYPE).flatten
            return line if types.empty?

            unknown = types.find { |type| !KNOWN.key?(type) }
            return unknown if unknown
          end
          nil
        end
      end
    end
  end
end
