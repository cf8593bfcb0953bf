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
          return info("#{name(part)}: #{result.good_words}") if result.sound? && result.obstacle
          return info("Verifying #{name(part)} ... done (#{result.good_words})") if result.sound?

          error("Verifying #{name(part)} failed: #{Units.count(result.damage_count, "damage")}")
        end

        # Returns nil.
        def not_looked_at(part, message)
          error("Verifying #{name(part)} failed: #{message}")
          nil
        end

        # missed: [VerifyRun::Part] that could not be looked at wholly.
        def verified(backup_id:, damages:, missed:, **)
          backup = "Backup #{Printable.name(backup_id)}"
          error("#{backup} is damaged: #{Units.count(damages, "damage")}") if damages.positive?
          error("#{backup} could not be verified wholly: #{missed.map { |part| name(part) }.join(", ")}") if missed.any?
          info("#{backup} is good.") if damages.zero? && missed.empty?
        end

        private

        def name(part)
          TaskNames::LINES.fetch(part.id, part.id)
        end
      end
    end
  end
end
