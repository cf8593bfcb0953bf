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
        # offset: of the content in the file; size: of the content, in bytes. mtime: whole seconds. missing: how many
        # bytes more it had, where the file ends in it.
        Member = Struct.new(:name, :type, :offset, :size, :mode, :mtime, :missing) do
          # What the extension yields.
          def self.from_core(name, status, link, *numbers)
            type = TYPES.fetch(status & TYPE_BITS, "other")
            offset, size, mtime, missing = numbers
            new(name, type == "file" && link ? "hardlink" : type, offset, size, status & 0o7777, mtime, missing)
          end

          # Does the file end in it?
          def cut? = missing.positive?
        end

        # Where headers are damaged. offset: of the first that is; length: bytes up to where members follow again, or to
        # the file's end; name: String (binary), as the damaged header has it, or "".
        Gap = Struct.new(:offset, :length, :name) do
          # Where members follow again.
          def end = offset + length
        end

        # Yields each Member in order; without a block returns all in an Array. Reads headers only; blocks on the disk.
        # lost: called with a Gap for each damage, and then it goes on behind it; names found there may be of a tar in
        # what was lost. Raises Error when it cannot be read; without `lost` FormatError where a header is damaged or
        # the file ends too early.
        def self.each(path, lost: nil)
          return [].tap { |members| each(path, lost: lost) { |member| members << member } } unless block_given?

          _each(path, !lost.nil?) do |name, *values|
            next lost.call(Gap.new(*values)) unless name

            member = Member.from_core(name, *values)
            raise FormatError.new("#{path} ends within the member #{name}", path: path) if member.cut? && !lost

            yield member
          end
        end
      end
    end
  end
end
