# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Which partitioned table a partition hangs on, and which partitioned index an index: what is done to the root
      # takes locks all the way down.
      class LoadTrees
        ATTACH = /\AALTER (?:TABLE ONLY|INDEX) (#{LoadKind::TABLE})\s+ATTACH PARTITION (#{LoadKind::TABLE})/n

        # statements: [Load::Statement], the whole text's
        def initialize(statements)
          @parents = statements.filter_map { |statement| ATTACH.match(statement.text) }
                               .to_h { |found| [found[2], found[1]] }
        end

        # [String]: that name and those above it. A text that makes rings of them is wrong, but must not hang us.
        def path(name)
          path = [name]
          while (parent = @parents[path.last]) && !path.include?(parent)
            path << parent
          end
          path
        end

        # String: the topmost one above that name, or itself
        def root(name)
          path(name).last
        end
      end
    end
  end
end
