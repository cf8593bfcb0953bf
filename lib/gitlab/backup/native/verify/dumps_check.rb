# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The databases' dumps in a backup: each to its last line.
      class DumpsCheck
        CUT_OFF = "it lacks pg_dump's closing words: it is cut off"

        # source: BackupSource; sums: {path => SHA-256} or nil.
        def initialize(source, sums:, workers:)
          @source = source
          @sums = sums
          @workers = workers
        end

        # Returns a VerifiedPart. Raises Error when one cannot be read at all.
        def call(monitor)
          part = VerifiedPart.new(noun: "database")
          products.each { |product| add(part, product, monitor) }
          part.damages.unshift(no_dump) if products.none? { |product| product.database == SourceProduct::MAIN }
          part.damage_count = part.damages.size
          part
        end

        private

        def products
          @products ||= SourceProduct.of(@source, SourceProduct::DUMPS)
        end

        def no_dump
          VerifyDamage.new(kind: "missing", file: Completeness::MAIN, reason: "it is not there")
        end

        def add(part, product, monitor)
          return add_stored(part, product, monitor) if StoredCheck.fit?(product, @sums)

          unpacked = read(product, part, monitor)
          damages = ProductDamages.new(product, @sums).of(unpacked)
          damages << cut_off(product) if damages.empty? && !unpacked.tail.match?(DatabaseDump::END_OF_DUMP)
          part.damages.concat(damages)
          part.good += 1 if damages.empty?
          part.raw += unpacked.raw
          part.stored += unpacked.stored
        end

        def add_stored(part, product, monitor)
          found = StoredCheck.new(product, sums: @sums, workers: @workers).call(monitor)
          %i[good raw stored damages].each { |figure| part[figure] += found[figure] }
          part.unproven ||= found.unproven
        end

        def read(product, part, monitor)
          place = product.place
          Verification.new(source: place.path, **place.section, manifest: product.manifest_path, archive: false,
                           workers: @workers).run { |progress| advance(monitor, part, progress) }
        end

        def advance(monitor, part, progress)
          monitor.advance(raw: part.raw + progress.raw, stored: part.stored + progress.stored, entries: part.good)
        end

        def cut_off(product)
          VerifyDamage.new(kind: "dump", file: product.relative, reason: CUT_OFF)
        end
      end
    end
  end
end
