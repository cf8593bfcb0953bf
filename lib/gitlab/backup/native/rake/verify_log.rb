# frozen_string_literal: true

require "delegate"

module Gitlab
  module Backup
    module Native
      # The TaskLog of a verification.
      class VerifyLog < SimpleDelegator
        def verifying(backup_id:, directory:)
          info("Verifying backup #{Printable.name(backup_id)} (#{Printable.name(directory)}) ... ")
        end

        # part: VerifyRun::Part
        def component_started(part)
          info("Verifying #{name(part)} ... ")
        end

        # result: VerifiedPart. Every damage gets a line.
        def looked_at(part, result, _seconds)
          result.damages.each { |damage| error("#{name(part)}: #{damage.text}") }
          more = result.damage_count - result.damages.size
          error("#{name(part)}: and #{more} more") if more.positive?
          info("#{name(part)}: #{result.unproven}") if result.unproven
          return info("Verifying #{name(part)} ... done (#{result.good_words})") if result.sound?

          error("Verifying #{name(part)} failed: #{Units.count(result.damage_count, "damage")}")
        end

        # Returns nil.
        def not_looked_at(part, message)
          error("Verifying #{name(part)} failed: #{message}")
          nil
        end

        def verified(backup_id:, damages:, **)
          return info("Backup #{Printable.name(backup_id)} is good.") if damages.zero?

          error("Backup #{Printable.name(backup_id)} is damaged: #{Units.count(damages, "damage")}")
        end

        private

        def name(part)
          TaskNames::LINES.fetch(part.id, part.id)
        end
      end
    end
  end
end
