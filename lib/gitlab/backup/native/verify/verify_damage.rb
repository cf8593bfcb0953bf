# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # One thing that is wrong with a backup. kind: "block", "file", "header", "manifest" or "product" as of a Finding,
      # "missing", "checksum", "metadata", "tar", "dump" or "repository"; file: the backup's file it is in, relative to
      # it; path: bytes, of the member or repository, or nil; reason: one line; offset and length: which bytes of the
      # file, nil when not known.
      VerifyDamage = Struct.new(:kind, :file, :path, :reason, :offset, :length, keyword_init: true) do
        # "uploads.tar.gz: a/b: its content is not what it was (bytes 10 to 2057)"
        def text
          place = [file, shown_path].compact.map { |name| Printable.name(name) }.join(": ")
          "#{place}: #{Printable.line(reason)}#{range}"
        end

        # Id of the component the file belongs to, nil for metadata.
        def component
          name = file.to_s.delete_prefix("manifest/")[%r{\A[^./-]+}]
          name if Component::IDS.include?(name)
        end

        # Hash for JSON; a path that is not printable stands in Base64 as well.
        def object
          shown = path && Printable.name(path)
          { component: component, kind: kind, file: file && Printable.name(file), path: shown,
            path_base64: shown.nil? || shown.b == path.b ? nil : [path].pack("m0"), reason: Printable.line(reason),
            offset: offset, length: length }.compact
        end

        private

        # The folder itself has no name.
        def shown_path
          path == "" ? "." : path
        end

        def range
          " (bytes #{offset} to #{offset + length - 1})" if offset && length&.positive?
        end
      end
    end
  end
end
