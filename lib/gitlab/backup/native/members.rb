# frozen_string_literal: true

require_relative "extension"

module Gitlab
  module Backup
    module Native
      # What is in a plain tar file, and where.
      module Members
        TYPES = { 0o100000 => "file", 0o040000 => "directory", 0o120000 => "symlink" }.freeze
        TYPE_BITS = 0o170000

        # name: as stored ("./" included), binary. type: "file", "directory", "symlink", "hardlink", "other".
        # offset: of the content in the file; size: of the content, in bytes. mtime: whole seconds.
        Member = Struct.new(:name, :type, :offset, :size, :mode, :mtime) do
          # What the extension yields.
          def self.from_core(name, status, link, *numbers)
            type = TYPES.fetch(status & TYPE_BITS, "other")
            offset, size, mtime = numbers
            new(name, type == "file" && link ? "hardlink" : type, offset, size, status & 0o7777, mtime)
          end
        end

        # Yields each Member in order; without a block returns all in an Array. Reads headers only. Raises FormatError
        # where a header is damaged or the file ends too early, Error when it cannot be read.
        def self.each(path)
          return [].tap { |members| each(path) { |member| members << member } } unless block_given?

          _each(path) { |*values| yield Member.from_core(*values) }
        end
      end
    end
  end
end
