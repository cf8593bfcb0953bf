# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # A product that COMPRESS_CMD has packed: whether it is the one that was published, and what is in it, by the
      # command of DECOMPRESS_CMD where there is one.
      class PackedCheck
        # The PackedCheck of a SourceProduct, nil when our own gzip is to read it. sums: {path => SHA-256} or nil;
        # session: answers #decompression, or nil. Raises Error, also for what neither can read.
        def self.of(product, sums:, workers:, session:)
          command = session&.decompression(product)
          stored = StoredCheck.new(product, sums: sums, workers: workers) if sums&.key?(product.relative.b)
          return new(product, command, stored) if command || StoredCheck.fit?(product, sums)

          product.check_readable(nil)
        end

        # command: ShellCommand; stored: StoredCheck; one of them may be nil.
        def initialize(product, command, stored)
          @product = product
          @command = command
          @stored = stored
        end

        # Yields a DecompressedProduct, unless the file itself is damaged; the block returns the VerifiedPart of that.
        # Returns the VerifiedPart of both. Raises Error when it cannot be read at all.
        def call(monitor, &block)
          published = @stored&.call(monitor)
          return published if @command.nil? || (published && !published.sound?)

          monitor.info(@command.announcement)
          part = DecompressedProduct.open(@product, @command, &block)
          part.stored = @product.place.size
          part.unproven = doubt unless part.sound? || published.nil?
          part
        end

        private

        def doubt
          "the file is what was published: #{DecompressedProduct.doubt(@command)}"
        end
      end
    end
  end
end
