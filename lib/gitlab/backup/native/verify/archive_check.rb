# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # An archive of files in a backup: its blocks, its members, their content, and its hash.
      class ArchiveCheck
        UNPROVEN = "no manifest: it unpacks, but nothing tells whether its content is what it was"
        UNKNOWN = "no manifest: nothing tells which of its files are good"

        # product: SourceProduct; sums: {path => SHA-256} or nil; session: see PackedCheck.of.
        def initialize(product, sums:, workers:, session: nil)
          @product = product
          @sums = sums
          @workers = workers
          @session = session
        end

        # Returns a VerifiedPart. Raises Error when it cannot be read at all.
        def call(monitor)
          packed = PackedCheck.of(@product, sums: @sums, workers: @workers, session: @session)
          packed ? packed.call(monitor) { |tar| look(tar, nil, monitor) } : look(@product, @sums, monitor)
        end

        private

        def look(product, sums, monitor)
          unpacked = verification(product).run { |progress| monitor.advance(**progress.to_h) }
          damages = ProductDamages.new(product, sums).of(unpacked)
          unproven = unproven(product, sums, damages)
          VerifiedPart.new(good: unproven == UNKNOWN ? 0 : unpacked.files, raw: unpacked.raw, stored: unpacked.stored,
                           damages: damages, unproven: unproven,
                           damage_count: damages.size + unpacked.damage_count - unpacked.damages.size)
        end

        # What is wrong with an archive as a whole may be wrong with any of its files.
        def unproven(product, sums, damages)
          return if product.manifest_path
          return UNKNOWN if damages.any?

          UNPROVEN unless sums&.key?(product.relative.b)
        end

        def verification(product)
          place = product.place
          Verification.new(source: place.path, **place.section, manifest: product.manifest_path, workers: @workers)
        end
      end
    end
  end
end
