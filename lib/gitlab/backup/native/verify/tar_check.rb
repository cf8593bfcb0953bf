# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The headers of an outer tar that is damaged: which of its files are lost, and how many can be reached.
      class TarCheck
        # source: TarSource
        def initialize(source)
          @source = source
        end

        # Returns a VerifiedPart.
        def call(_monitor)
          losses = @source.losses
          VerifiedPart.new(good: @source.reachable - losses.count { |loss| loss.kind == "cut" },
                           damages: losses.map { |loss| damage(loss) })
        end

        private

        # JSON has the bytes beside.
        def damage(loss)
          VerifyDamage.new(kind: "tar", file: File.basename(@source.path), path: loss.name, offset: loss.offset,
                           reason: loss.name ? loss.reason : loss.text, length: loss.length)
        end
      end
    end
  end
end
