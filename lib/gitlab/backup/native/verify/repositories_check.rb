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

        # Returns a VerifiedPart. Raises Error when nothing can be told.
        def call(monitor)
          result = verification(monitor).call
          VerifiedPart.new(good: result.repositories, noun: "repository", raw: result.bytes, stored: result.bytes,
                           damages: result.damages.map { |damage| damage(damage) }, damage_count: result.damage_count)
        end

        private

        def verification(monitor)
          RepositoriesVerification.new(@source, workers: @workers, monitor: monitor, account: @account)
        end

        def damage(damage)
          VerifyDamage.new(kind: "repository", file: damage.file, reason: damage.reason,
                           path: [damage.storage, damage.path].compact.join("/"))
        end
      end
    end
  end
end
