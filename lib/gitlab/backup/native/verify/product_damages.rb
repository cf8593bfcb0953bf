# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What a Verification found, in a backup's terms, and whether the product is the one that was published.
      class ProductDamages
        # product: SourceProduct; sums: {path => SHA-256} or nil.
        def initialize(product, sums)
          @product = product
          @sums = sums
        end

        # [VerifyDamage] of an Unpacked.
        def of(unpacked)
          damages = named(unpacked.damages)
          damages.empty? && strange?(unpacked) ? [replaced] : damages
        end

        # [VerifyDamage] of Findings.
        def named(findings)
          findings.map { |finding| damage(finding) }
        end

        private

        def damage(finding)
          found = finding.to_h
          found = found.except(:offset, :length) unless @product.in_backup?
          VerifyDamage.new(**found, file: @product.relative)
        end

        # Where something else is wrong that is the reason.
        def strange?(unpacked)
          expected = @sums && @sums[@product.relative.b]
          expected && unpacked.sha256 && expected != unpacked.sha256
        end

        def replaced
          VerifyDamage.new(kind: "checksum", file: @product.relative, reason: "it differs from #{Checksums::NAME}")
        end
      end
    end
  end
end
