# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # A product that COMPRESS_CMD has packed: whether it is the one that was published. What is in it only the
      # counterpart of that command can tell: see PackedCheck.
      class StoredCheck
        UNPROVEN = "no gzip, but what was published: COMPRESS_CMD packed it, and without DECOMPRESS_CMD what is in " \
                   "it is not looked at"

        # True for a product this is the check for. Raises Error.
        def self.fit?(product, sums)
          return false if product.manifest_path || !sums&.key?(product.relative.b)

          !product.place.gzip?
        end

        # product: SourceProduct; sums: {path => SHA-256}.
        def initialize(product, sums:, workers:)
          @product = product
          @sums = sums
          @workers = workers
        end

        # Returns a VerifiedPart. Raises Error when it cannot be read at all.
        def call(monitor)
          read = verification.run { |progress| monitor.advance(**progress.to_h) }
          damages = ProductDamages.new(@product, @sums).of(read)
          VerifiedPart.new(good: damages.empty? ? 1 : 0, raw: read.raw, stored: read.stored, damages: damages,
                           unproven: damages.empty? ? UNPROVEN : nil)
        end

        private

        # As a section of its file: the name says that it is no gzip.
        def verification
          place = @product.place
          Verification.new(source: place.path, offset: place.offset || 0, length: place.size, archive: false,
                           name: "#{place.name || place.path} as it is", workers: @workers)
        end
      end
    end
  end
end
