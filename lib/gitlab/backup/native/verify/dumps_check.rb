# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The databases' dumps in a backup: each to its last line.
      class DumpsCheck
        CUT_OFF = "it lacks pg_dump's closing words: it is cut off"

        # source: BackupSource; sums: {path => SHA-256} or nil; session: see PackedCheck.of.
        def initialize(source, sums:, workers:, session: nil)
          @source = source
          @sums = sums
          @workers = workers
          @session = session
        end

        # Returns a VerifiedPart. Raises Error when they cannot be listed.
        def call(monitor)
          part = VerifiedPart.new(noun: "database")
          products.each { |product| Obstacle.noted(part) { add(part, check(product, part, monitor)) } }
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

        def add(part, found)
          %i[good raw stored damages].each { |figure| part[figure] += found[figure] }
          part.unproven ||= found.unproven
        end

        def check(product, part, monitor)
          packed = PackedCheck.of(product, sums: @sums, workers: @workers, session: @session)
          return look(product, @sums, part, monitor) unless packed

          packed.call(monitor) { |text| look(text, nil, part, monitor) }
        end

        def look(product, sums, part, monitor)
          unpacked = read(product, part, monitor)
          damages = ProductDamages.new(product, sums).of(unpacked)
          damages << cut_off(product) if damages.empty? && !unpacked.tail.match?(DatabaseDump::END_OF_DUMP)
          VerifiedPart.new(good: damages.empty? ? 1 : 0, raw: unpacked.raw, stored: unpacked.stored, damages: damages)
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
