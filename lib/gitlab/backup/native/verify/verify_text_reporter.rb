# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What `verify` tells people.
      class VerifyTextReporter < TextReporter
        def initialize(**options)
          super
          @work = "verification"
          @unproven = Hash.new { |titles, reason| titles[reason] = [] }
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
          return doubt(part, result) if result.unproven && result.good.zero?

          @unproven[result.unproven] << part.title if result.unproven
          conclude(part, result, seconds, all: more.zero? && result.obstacle.nil?)
        end

        # Returns nil.
        def not_looked_at(part, message)
          finish_line
          error("#{part.title} could not be verified: #{message}")
          nil
        end

        # missed: [VerifyRun::Part] that could not be looked at wholly.
        def verified(backup_id:, seconds:, damages:, missed:)
          @unproven.each { |reason, titles| info("#{titles.join(", ")}: #{reason}") }
          return damaged(backup_id, seconds, damages, missed) if damages.positive?
          return unverified(backup_id, seconds, missed) if missed.any?

          limits = ", as far as can be known" if @unproven.any?
          success("GitLab backup #{backup_id} is good#{limits} (#{seconds.to_i}s)")
        end

        private

        # Nothing is known to be good.
        def doubt(part, result)
          words = "#{part.title}: #{result.unproven}"
          result.sound? ? info(words) : warning(words)
        end

        # all: all was looked at, and every damage named.
        def conclude(part, result, seconds, all:)
          words = "#{part.title}: #{result.good_words}"
          return info(words) if result.sound? && result.obstacle
          return success("#{words} (#{seconds.to_i}s)") if result.sound?

          warning("#{words}#{": all that are not named above" if all} (#{seconds.to_i}s)")
        end

        def damaged(backup_id, seconds, damages, missed)
          info("What is good can still be had: gitlab-backup-cli extract #{backup_id} COMPONENT PATH..., or " \
               "restore all #{backup_id} --only COMPONENTS")
          beside = "; it could not be verified wholly: #{titles(missed)}" if missed.any?
          error("GitLab backup #{backup_id} is damaged: #{Units.count(damages, "damage")}#{beside} (#{seconds.to_i}s)")
        end

        def unverified(backup_id, seconds, missed)
          error("GitLab backup #{backup_id} could not be verified wholly: #{titles(missed)}; no damage was found " \
                "(#{seconds.to_i}s)")
        end

        def titles(missed)
          missed.map(&:title).join(", ")
        end
      end
    end
  end
end
