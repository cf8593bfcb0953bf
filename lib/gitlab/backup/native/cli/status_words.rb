# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class CLI
        # What `list` and `show` say of a backup's state.
        module StatusWords
          # "complete", "partial (uploads), 2 problems", "incomplete", "foreign",
          # "damaged: uploads.tar.gz is missing (and 1 more)".
          def self.of(backup)
            return damage(backup.damages) unless backup.damages.empty?

            problems = backup.problem_count
            problems.zero? ? word(backup) : "#{word(backup)}, #{Units.count(problems, "problem")}"
          end

          def self.damage(damages)
            more = damages.size - 1
            "damaged: #{damages.first}#{" (and #{more} more)" if more.positive?}"
          end
          private_class_method :damage

          def self.word(backup)
            return backup.status if backup.status != "complete" || backup.skipped.empty?

            "partial (#{part(backup)})"
          end
          private_class_method :word

          # Whichever is the shorter list.
          def self.part(backup)
            kept = backup.components.map { |component| component["id"] }
            return "without #{backup.skipped.join(", ")}" if backup.skipped.size < kept.size

            kept.join(", ")
          end
          private_class_method :part
        end
      end
    end
  end
end
