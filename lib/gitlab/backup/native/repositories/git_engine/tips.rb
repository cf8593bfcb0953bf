# frozen_string_literal: true

require "set"

module Gitlab
  module Backup
    module Native
      class GitEngine
        # What the refs point to, as far as an earlier list of refs does not have it.
        class Tips
          # list: File of lines "<id> <name>"; known: path of the earlier list, nil for none.
          # Memory follows the number of refs in that.
          def initialize(list, known)
            @list = list
            @known = known ? File.foreach(known, mode: "rb").to_set { |line| id(line) } : Set.new
          end

          # True if there is an earlier list with anything in it.
          def known?
            @known.any?
          end

          # True if that has the object.
          def include?(id)
            @known.include?([id].pack("H*"))
          end

          # Yields each line whose object it does not have, and the object's id.
          def each_new
            return enum_for(:each_new) unless block_given?

            @list.rewind
            @list.each_line { |line| yield line, line[0, line.index(" ")] unless @known.include?(id(line)) }
          end

          # Yields the ids the earlier list has, and whether a ref still has it.
          def each_known
            @list.rewind
            current = @list.each_line.to_set { |line| id(line) }
            @known.each { |id| yield id.unpack1("H*"), current.include?(id) }
          end

          private

          # Half as long as it is written.
          def id(line)
            [line[0, line.index(" ")]].pack("H*")
          end
        end
      end
    end
  end
end
