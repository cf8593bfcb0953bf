# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What is in an outer tar and where, from its headers.
      #
      # Members below `repositories` may be millions: they are counted, and looked for again when they are wanted.
      class TarIndex
        REPOSITORIES = "repositories".b.freeze
        # Besides the repositories a backup has some thirty.
        MOST = 100_000

        # A member's name as the components know it: "./db/" is "db"; nil for the root, and for what leads out of the
        # archive, which is nothing of a backup.
        def self.relative(name)
          parts = name.b.split("/").reject { |part| part.empty? || part == "." }
          parts.join("/") unless parts.empty? || name.start_with?("/") || parts.include?("..")
        end

        # The Members::Member of that name without reading further than needed, nil without one. Raises Error, and
        # FormatError where there is damage before it.
        def self.find(path, name)
          Members.each(path) { |member| return member if relative(member.name) == name.b }
          nil
        rescue FormatError => e
          reason = e.message[/\((.*)\)\z/, 1] || e.message
          raise FormatError.new("#{Printable.name(path)} is no tar, or damaged: #{reason}", path: path)
        end

        # Yields each Members::Member with its name as of .relative. Returns the TarLosses. Raises Error.
        def self.each(path)
          losses = TarLosses.new(path)
          Members.each(path, lost: losses.method(:gap)) do |member|
            name = relative(member.name)
            yield member, name, losses if losses.member?(member, name)
          end
          losses
        end

        # path: of the tar. Raises Error, and FormatError for what is no tar. Damage is told by #losses.
        def initialize(path)
          @path = path
          @members = {}
          @directories = {}
          @count = @repository_files = @repository_bytes = 0
          @losses = self.class.each(path) { |member, name, losses| add(member, name, found: losses.any?) if name }
          return unless @count.zero? && @losses.any?

          raise FormatError.new("#{Printable.name(path)} is no tar, or has no sound header", path: path)
        end

        # TarLosses
        attr_reader :losses
        # Files below `repositories`, and their bytes.
        attr_reader :repository_files, :repository_bytes

        # The Members::Member of a file, nil if there is none of that name.
        def file(relative)
          @members[relative.b]
        end

        # True if there is such a folder, or anything in it.
        def directory?(relative)
          @directories.key?(relative.b)
        end

        # Names (binary) of all files but the repositories'.
        def files
          @members.keys
        end

        # Yields each member of a folder with its name: "repositories/manifests/...". Reads the headers again.
        def each_below(relative)
          folder = relative.b
          self.class.each(@path) do |member, name|
            yield name, member if name && (name == folder || name.start_with?("#{folder}/"))
          end
        end

        private

        # A later member replaces an earlier one of its name, as with tar; unless it was found behind damage, where it
        # may be anything.
        def add(member, name, found:)
          @count += 1
          top = name[%r{\A[^/]+}]
          @directories[top] = true if name != top || member.type == "directory"
          return count(member) if top == REPOSITORIES

          return if found && @members.key?(name)

          member.type == "file" ? @members[name] = member : @members.delete(name)
          return if @members.size <= MOST

          raise FormatError.new("#{Printable.name(@path)} has more than #{MOST} files besides repositories: it is no " \
                                "backup of GitLab", path: @path)
        end

        def count(member)
          return unless member.type == "file"

          @repository_files += 1
          @repository_bytes += member.size
        end
      end
    end
  end
end
