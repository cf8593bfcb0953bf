# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The damage to an outer tar, gathered as its members are read. Behind the first only names count that a backup
      # has: what else is found there may be content of a lost member, which can be a tar as well.
      class TarLosses
        include Enumerable

        FOLDERS = "db|repositories|manifest"
        NAMES = %r{\A(?:backup_information\.(?:yml|json)|(?:#{FOLDERS})(?:/.*)?|(?:#{Component::IDS.join("|")})\.tar\.gz)\z}mn

        # path: of the tar.
        def initialize(path)
          @path = path
          @losses = []
        end

        # Yields each TarLoss.
        def each(&block) = @losses.each(&block)

        # A Members::Gap. Raises SystemCallError.
        def gap(gap)
          name = TarIndex.relative(gap.name)
          name = NAMES.match?(name.to_s) ? "#{name}#{"/" if gap.name.end_with?("/")}" : nil
          cut_off = name.nil? && gap.end >= File.size(@path)
          @losses << TarLoss.new(kind: cut_off ? "end" : "header", offset: gap.offset, length: gap.length, name: name,
                                 before: @before)
        end

        # Is the Members::Member one of the backup's? name: its own, as of TarIndex.relative.
        def member?(member, name)
          return false if any? && !(name && NAMES.match?(name))

          last = @losses.last
          last.after ||= name if last&.kind == "header"
          add_cut(member, name) if member.cut?
          @before = name
          true
        end

        private

        def add_cut(member, name)
          @losses << TarLoss.new(kind: "cut", offset: member.offset, length: member.size, name: name, before: @before)
        end
      end
    end
  end
end
