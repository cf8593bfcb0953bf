# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class CLI
        # What `list` and `show` say of a backup's state.
        module StatusWords
          # "complete", "partial (uploads), 2 problems", "incomplete", "foreign".
          def self.of(backup)
            problems = backup.problem_count
            problems.zero? ? word(backup) : "#{word(backup)}, #{Units.count(problems, "problem")}"
          end

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
