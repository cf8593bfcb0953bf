# frozen_string_literal: true

require "tmpdir"

module Gitlab
  module Backup
    module Native
      # Which databases' dumps differ between two backups, by their manifests: by the CRC and length of the text. A dump
      # of pg_dump from 2025 on has a random key in it and is never the same twice.
      class DumpChanges
        # before, after: BackupSource; session: CLI::Session, whose reporter is told when one has to be read.
        def initialize(before, after, session)
          @before = before
          @after = after
          @session = session
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
          return trailer(Manifest.new(product.contents_path)) if product.contents_path

          command = product.reader(@session)
          command ? trailer_by(command, product) : gzip_trailer(product.place)
        end

        def trailer(manifest)
          trailer = manifest.trailer
          [trailer.raw_crc32, trailer.raw_size & 0xFFFFFFFF].pack("VV")
        end

        # Of the manifest that the text gets for the moment.
        def trailer_by(command, product)
          @session.reporter.warning(product.slowness(command))
          Dir.mktmpdir("gbn-") do |folder|
            DatabaseText.new(product.place, manifest: nil, workers: 1, command: command).read do |sql|
              measure(sql, product, "#{folder}/manifest")
            end
            trailer(Manifest.new("#{folder}/manifest"))
          end
        end

        def measure(sql, product, manifest)
          File.open(File::NULL, "wb") do |null|
            Stream.new(io: sql, into: null, compress: false, target: product.relative, manifest: manifest,
                       backup_id: product.source.id, workers: 1).run
          end
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
