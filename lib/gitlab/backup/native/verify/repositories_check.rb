# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The repositories of a backup, each rebuilt in a scratch folder.
      class RepositoriesCheck
        # source: BackupSource; account: Account git runs as, or nil.
        def initialize(source, account:, workers:)
          @source = source
          @account = account
          @workers = workers
        end

        # Returns a VerifiedPart of what could be told.
        def call(monitor)
          part = VerifiedPart.new(noun: "repository")
          verification = verification(monitor)
          Obstacle.noted(part) { verification.call }
          tell(part, verification.result) if verification.result
          part
        end

        private

        def verification(monitor)
          RepositoriesVerification.new(@source, workers: @workers, monitor: monitor, account: @account)
        end

        def tell(part, result)
          part.good = result.repositories
          part.raw = part.stored = result.bytes
          part.damages = result.damages.map { |damage| damage(damage) }
          part.damage_count = result.damage_count
          part.obstacle ||= missed(result) if result.obstacle
        end

        def missed(result)
          more = result.missed - 1
          "#{Failure.line(result.obstacle)}#{", and #{more} more" if more.positive?}"
        end

        def damage(damage)
          VerifyDamage.new(kind: "repository", file: damage.file, reason: damage.reason,
                           path: [damage.storage, damage.path].compact.join("/"))
        end
      end
    end
  end
end
