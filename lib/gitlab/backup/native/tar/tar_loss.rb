# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # One place where an outer tar is damaged. kind: "header" (damaged, or something else in its place), "cut" (the
      # tar ends in a member) or "end" (it ends before its end). offset, length: the bytes that cannot be reached by
      # it, of "cut" those that are there. name: the member that is lost or cut off, nil if unknown; before, after: the
      # ones around it, or nil.
      TarLoss = Struct.new(:kind, :offset, :length, :name, :before, :after, keyword_init: true) do
        # What came behind the file's end nobody knows, nor what a header stood for that has no name any more.
        def unknown?
          kind != "header" || name.nil?
        end

        # One line, without the name.
        def reason
          case kind
          when "cut" then "the tar ends in it: what is missing of it, and all that came behind, is lost"
          when "end" then "the tar ends too early, at byte #{offset}: what came behind #{place} is lost"
          else "its header is damaged, and so it is lost"
          end
        end

        # The same where there is no name to say it of.
        def text
          return "#{Printable.name(name)}: #{reason}" if name
          return reason if kind == "end"

          "the header at byte #{offset} is damaged: what it stood for, behind #{place}, is lost"
        end

        # [component id]: which folders may have lost a file, if the name does not tell.
        def neighbours
          kind == "cut" ? [] : [before, after].compact.map { |near| near[%r{\A[^/]+}] } & BackupSource::FOLDERS
        end

        private

        def place
          before ? Printable.name(before) : "its beginning"
        end
      end
    end
  end
end
