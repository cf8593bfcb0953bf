# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What `verify` tells people.
      class VerifyTextReporter < TextReporter
        def initialize(**options)
          super
          @work = "verification"
        end

        def verifying(backup_id:, directory:)
          info("Verifying GitLab backup #{backup_id}... (#{directory})")
        end

        # part: VerifyRun::Part; result: VerifiedPart. Every damage gets a line.
        def looked_at(part, result, seconds)
          finish_line
          result.damages.each { |damage| error("#{part.title}: #{damage.text}") }
          more = result.damage_count - result.damages.size
          error("#{part.title}: and #{more} more") if more.positive?
          info("#{part.title}: #{result.unproven}") if result.unproven
          conclude(part, result, seconds) unless result.unproven && result.good.zero? && result.sound?
        end

        # Returns nil.
        def not_looked_at(part, message)
          finish_line
          error("#{part.title} could not be verified: #{message}")
          nil
        end

        def verified(backup_id:, seconds:, damages:)
          return success("GitLab backup #{backup_id} is good (#{seconds.to_i}s)") if damages.zero?

          error("GitLab backup #{backup_id} is damaged: #{Units.count(damages, "damage")} (#{seconds.to_i}s)")
        end

        private

        def conclude(part, result, seconds)
          words = "#{part.title}: #{result.good_words}"
          return success("#{words} (#{seconds.to_i}s)") if result.sound?

          warning("#{words}: all that are not named above (#{seconds.to_i}s)")
        end
      end
    end
  end
end
