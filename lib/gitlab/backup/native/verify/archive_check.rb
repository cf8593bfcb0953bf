# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # An archive of files in a backup: its blocks, its members, their content, and its hash.
      class ArchiveCheck
        UNPROVEN = "it has no manifest: only that it unpacks is known, not that its content is what it was"

        # product: SourceProduct; sums: {path => SHA-256} or nil.
        def initialize(product, sums:, workers:)
          @product = product
          @sums = sums
          @workers = workers
        end

        # Returns a VerifiedPart. Raises Error when it cannot be read at all.
        def call(monitor)
          unpacked = verification.run { |progress| monitor.advance(**progress.to_h) }
          damages = ProductDamages.new(@product, @sums).of(unpacked)
          VerifiedPart.new(good: unpacked.files, raw: unpacked.raw, stored: unpacked.stored, damages: damages,
                           damage_count: damages.size + unpacked.damage_count - unpacked.damages.size,
                           unproven: known? ? nil : UNPROVEN)
        end

        private

        def known?
          @product.manifest_path || @sums&.key?(@product.relative.b)
        end

        def verification
          place = @product.place
          Verification.new(source: place.path, **place.section, manifest: @product.manifest_path, workers: @workers)
        end
      end
    end
  end
end
