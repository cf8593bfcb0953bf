# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What runs on one connection, part by part.
      #
      # kind: see LoadKind; parts: [LoadPart], in the text's order; names: the tables it is about; keys: what no other
      # unit may have meanwhile or, when it is shared, what only those may have that share it, too; needs: tables whose
      # rows have to be there before it begins; weight: bytes of rows it has to do with: the longest are to begin first.
      LoadUnit = Struct.new(:kind, :parts, :names, :keys, :shared, :needs, :weight, keyword_init: true) do
        def initialize(names: [], keys: names, shared: false, needs: [], weight: 0, **others)
          super
        end

        # [String]: the tables whose rows it brings
        def gives
          kind == :rows ? names : []
        end

        # May it run beside that other one?
        def beside?(other)
          (shared && other.shared) || !keys.intersect?(other.keys)
        end

        # Takes in what belongs to it: as a rule a change to its table, that the others of the table are in the way of.
        def follow(part)
          parts << part
          self.shared = false
        end
      end
    end
  end
end
