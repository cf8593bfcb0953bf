# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What a statement of a dump is, by its first words, as far as it matters for what may run beside it. Only the
      # forms pg_dump writes are known; anything else is :other, which runs alone.
      #
      #   rows         COPY ... FROM stdin
      #   sequence     SELECT setval(...)
      #   index        CREATE INDEX: many of one table at once
      #   key          ADD CONSTRAINT ... PRIMARY KEY, UNIQUE, EXCLUDE: a table is its alone meanwhile
      #   attach       ALTER INDEX ... ATTACH PARTITION
      #   foreign_key  ADD CONSTRAINT ... FOREIGN KEY: likewise, of two tables
      #   follower     belongs to the index or constraint before it
      #   setting      holds for all that follows, on every connection
      #   transaction  begins or ends one
      #   other
      module LoadKind
        # Identifiers that would need it are quoted.
        NAME = /(?:"(?:[^"]|"")*"|[^\s".,;()']+)/n
        TABLE = /#{NAME}(?:\.#{NAME})?/n
        COLUMNS = /\((?:"(?:[^"]|"")*"|[^")])*\)/n
        CONSTRAINT = /ALTER TABLE (?:ONLY )?(#{TABLE})\s+ADD CONSTRAINT #{NAME}/n

        # The groups are the tables, or indexes, it is about.
        PATTERNS = {
          index: /\ACREATE (?:UNIQUE )?INDEX #{NAME} ON (?:ONLY )?(#{TABLE}) USING /n,
          key: /\A#{CONSTRAINT} (?:PRIMARY KEY|UNIQUE|EXCLUDE)\b/n,
          foreign_key: /\A#{CONSTRAINT} FOREIGN KEY #{COLUMNS} REFERENCES (#{TABLE})\(/n,
          attach: /\AALTER INDEX (#{TABLE}) ATTACH PARTITION (#{TABLE})/n,
          follower: /\A(?:COMMENT\ ON\ (?:INDEX|CONSTRAINT)|ALTER\ INDEX|
                         ALTER\ TABLE\ (?:ONLY\ )?#{TABLE}\ (?:CLUSTER\ ON|REPLICA\ IDENTITY))\ /xn,
          sequence: /\ASELECT pg_catalog\.setval\(/n,
          setting: /\A(?:SET|RESET|SELECT pg_catalog\.set_config\()/n,
          transaction: /\A(?:BEGIN|START|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|PREPARE)\b/ni
        }.freeze
        ROWS = /\ACOPY (#{TABLE})/n

        # statement: Load::Statement. Returns [Symbol, [String]]: what it is, and the tables it is about.
        def self.of(statement)
          return [:rows, names(ROWS.match(statement.text))] if statement.kind == :copy

          PATTERNS.each do |kind, pattern|
            found = pattern.match(statement.text)
            return [kind, names(found)] if found
          end
          [:other, []]
        end

        def self.names(found)
          found ? found.captures : []
        end
        private_class_method :names
      end
    end
  end
end
