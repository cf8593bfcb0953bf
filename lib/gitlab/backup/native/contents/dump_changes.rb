# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Which databases' dumps differ between two backups, by their manifests: by the CRC and length of the text. A dump
      # of pg_dump from 2025 on has a random key in it and is never the same twice.
      class DumpChanges
        # before, after: BackupSource.
        def initialize(before, after)
          @before = before
          @after = after
        end

        # Yields an EntryChanges::Change, without entries, for each. Raises Error.
        def each
          before, after = [@before, @after].map { |source| dumps(source) }
          (before.keys | after.keys).sort.each do |name|
            kind = kind(before[name], after[name])
            yield EntryChanges::Change.new(kind, name.b, kind == "changed" ? ["content"] : []) if kind
          end
        end

        private

        def dumps(source)
          return {} unless source.components.include?(SourceProduct::DUMPS)

          SourceProduct.of(source, SourceProduct::DUMPS).to_h { |product| [File.basename(product.relative), product] }
        end

        def kind(before, after)
          return "added" unless before
          return "removed" unless after

          "changed" if state(before) != state(after)
        end

        def state(product)
          return gzip_trailer(product.place) unless product.manifest_path

          trailer = Manifest.new(product.manifest_path).trailer
          [trailer.raw_crc32, trailer.raw_size & 0xFFFFFFFF].pack("VV")
        end

        # CRC and length of the text (RFC 1952, 2.3.1).
        def gzip_trailer(place)
          place.tail(8)
        rescue SystemCallError => e
          raise Failure.of("read", place.path, e)
        end
      end
    end
  end
end
