# frozen_string_literal: true

require "time"

module Gitlab
  module Backup
    module Native
      # A member of an archive for people, as `tar tv` shows it, and for programs.
      module EntryLine
        TYPES = { "file" => "-", "directory" => "d", "symlink" => "l", "hardlink" => "h", "fifo" => "p",
                  "character" => "c", "block" => "b" }.freeze
        LINKS = { "symlink" => " -> ", "hardlink" => " link to " }.freeze
        RIGHTS = %w[r w x].freeze
        # Bit of the mode, which character it changes, and into what where there is an x and where there is none.
        SPECIAL = [[0o4000, 2, "s", "S"], [0o2000, 5, "s", "S"], [0o1000, 8, "t", "T"]].freeze
        OWNER_WIDTH = 15
        SIZE_WIDTH = 11

        # "-rw-r--r-- git/git          12 2026-11-21 14:46:03 ./a.txt". entry: a Manifest::Entry.
        def self.text(entry)
          figures = "#{owner(entry).ljust(OWNER_WIDTH)} #{size(entry).rjust(SIZE_WIDTH)}"
          "#{TYPES[entry.type]}#{rights(entry.mode)} #{figures} " \
            "#{entry.mtime.strftime("%F %T")} #{name(entry)}#{link(entry)}"
        end

        # Hash for JSON. A path that is not printable is escaped, and stands in Base64 beside that.
        def self.object(entry)
          path = Printable.name(entry.path)
          { path: path, path_base64: path.b == entry.path ? nil : [entry.path].pack("m0"), type: entry.type,
            mode: format("%04o", entry.mode), size: entry.size, mtime: entry.mtime.utc.iso8601(9), sha256: entry.sha256,
            uid: entry.uid, gid: entry.gid, owner: printable(entry.owner), group: printable(entry.group),
            link: printable(entry.link) }.compact
        end

        # "rwxr-sr-t"
        def self.rights(mode)
          text = (0..8).map { |i| mode[8 - i] == 1 ? RIGHTS[i % 3] : "-" }
          SPECIAL.each { |bit, i, set, bare| text[i] = text[i] == "x" ? set : bare if mode.anybits?(bit) }
          text.join
        end
        private_class_method :rights

        def self.owner(entry)
          "#{printable(entry.owner) || entry.uid}/#{printable(entry.group) || entry.gid}"
        end
        private_class_method :owner

        def self.size(entry)
          entry.rdev ? entry.rdev.join(",") : entry.size.to_s
        end
        private_class_method :size

        # As the archive has it: "./", "./a/", "./a/b".
        def self.name(entry)
          "./#{Printable.name(entry.path)}#{"/" if entry.directory? && !entry.path.empty?}"
        end
        private_class_method :name

        def self.link(entry)
          entry.link ? "#{LINKS[entry.type]}#{Printable.name(entry.link)}" : ""
        end
        private_class_method :link

        def self.printable(bytes)
          Printable.name(bytes) if bytes
        end
        private_class_method :printable
      end
    end
  end
end
