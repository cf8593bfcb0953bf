# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      module Remote
        # How large the parts of an upload are.
        module PartSize
          # S3's limit; with it 100 MiB a part would end just below 1 TiB.
          MOST_PARTS = 10_000
          STEP = 1024 * 1024

          # size: of the archive; chunk: Integer as configured, 0 for no parts. Returns the
          # least size from `chunk` on that gets along with the parts there may be. All are of
          # one size but the last: not every store takes others.
          def self.for(size, chunk)
            return chunk if chunk.zero?

            least = -(-size / MOST_PARTS)
            [chunk, -(-least / STEP) * STEP].max
          end
        end
      end
    end
  end
end
