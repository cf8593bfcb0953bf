# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What `verify --json` tells programs: an object for every damage, one for every part, and a last one.
      class VerifyJsonReporter < JsonReporter
        def verifying(backup_id:, directory:)
          emit("verify_started", backup_id: backup_id, directory: directory)
        end

        # part: VerifyRun::Part; result: VerifiedPart, of all that could be looked at.
        def looked_at(_part, result, seconds)
          result.damages.each { |damage| emit("damage", **damage.object) }
          figures = result.to_h.slice(:good, :raw, :stored, :damage_count, :unproven)
          emit("component_verified", **figures, unit: result.noun, seconds: seconds.round(3))
          @component = nil unless result.obstacle
        end

        # Returns nil.
        def not_looked_at(_part, message)
          emit("component_not_verified", message: Printable.line(message))
          @component = nil
        end

        # missed: [VerifyRun::Part] that could not be looked at wholly.
        def verified(backup_id:, seconds:, damages:, missed:)
          status = missed.any? ? "unverified" : "good"
          emit("verified", backup_id: backup_id, status: damages.zero? ? status : "damaged", damage_count: damages,
                           not_verified: missed.map(&:id), seconds: seconds.round(3))
        end
      end
    end
  end
end
