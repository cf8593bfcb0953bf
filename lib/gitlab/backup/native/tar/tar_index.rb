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

        # The Members::Member of that name without reading further than needed, nil without one. Raises Error.
        def self.find(path, name)
          each(path) { |member| return member if relative(member.name) == name.b }
          nil
        end

        # Yields each Members::Member. Raises Error that names the file.
        def self.each(path, &block)
          Members.each(path, &block)
        rescue FormatError => e
          raise if e.message.include?(path)

          raise FormatError.new("#{Printable.name(path)} is no tar, or damaged: #{e.message}", path: path)
        end

        # path: of the tar. Raises Error, and FormatError for a tar that is cut off or damaged.
        def initialize(path)
          @path = path
          @members = {}
          @directories = {}
          @repository_files = @repository_bytes = 0
          self.class.each(path) { |member| add(member) }
        end

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
          self.class.each(@path) do |member|
            name = self.class.relative(member.name)
            yield name, member if name && (name == folder || name.start_with?("#{folder}/"))
          end
        end

        private

        # A later member replaces an earlier one of its name, as with tar.
        def add(member)
          name = self.class.relative(member.name) or return
          top = name[%r{\A[^/]+}]
          @directories[top] = true if name != top || member.type == "directory"
          return count(member) if top == REPOSITORIES

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
