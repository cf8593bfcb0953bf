# frozen_string_literal: true

require "json"
require "time"

module Gitlab
  module Backup
    module Native
      # `manifest/summary.json`: what a run did, for `list`, `show`, `prune` and the next
      # run's estimates. Written by us only, so a summary that does not fit is ignored.
      module Summary
        NAME = "manifest/summary.json"
        FORMAT = 1
        MAX_BYTES = 64 * 1024 * 1024
        # More than this per component help nobody; problem_count has the number.
        MAX_PROBLEMS = 1000

        # Hash to write. results are ComponentResults, skipped the ids left out on purpose.
        def self.build(backup_id:, created_at:, gitlab_version:, seconds:, results:, skipped:)
          {
            format: FORMAT, backup_id: backup_id, created_at: created_at.getutc.iso8601, gitlab_version: gitlab_version,
            seconds: seconds.round(3), status: results.any?(&:failed?) ? "incomplete" : "complete", skipped: skipped,
            warnings: warnings(results), components: results.map { |result| component(result) }
          }
        end

        # String: the file's content.
        def self.text(summary)
          "#{JSON.pretty_generate(summary)}\n"
        end

        # Writes it into a backup's folder. Raises Error.
        def self.write(directory, summary)
          Durable.write(File.join(directory, NAME), text(summary))
        end

        # The Hash (String keys) in the backup at `directory`, or nil if there is none that
        # fits `backup_id`.
        def self.read(directory, backup_id)
          path = File.join(directory, NAME)
          return unless File.lstat(path).file? && File.size(path) <= MAX_BYTES

          parse(File.read(path), backup_id)
        rescue SystemCallError
          nil
        end

        # The same of a file's content.
        def self.parse(content, backup_id)
          summary = JSON.parse(content.force_encoding(Encoding::UTF_8))
          summary if summary.is_a?(Hash) && summary.values_at("format", "backup_id") == [FORMAT, backup_id]
        rescue JSON::ParserError, EncodingError
          nil
        end

        # Hashes of the components in what .read or .parse has returned, [] without one.
        def self.rows(summary)
          Array(summary && summary["components"]).grep(Hash)
        end

        # Strings: what the run warned of, likewise.
        def self.warned(summary)
          Array(summary && summary["warnings"]).grep(String)
        end

        # Hash for one component's ComponentResult.
        def self.component(result)
          identity = { id: result.component.id, title: result.component.title, status: result.status,
                       seconds: result.seconds.round(3), cpu_seconds: result.cpu_seconds&.round(3) }.compact
          return identity.merge(error: Printable.line(result.error.message)) if result.failed?

          problems = result.outcome.problems.first(MAX_PROBLEMS)
          identity.merge(figures(result), problems: problems.map { |problem| problem(problem) })
        end

        def self.warnings(results)
          results.flat_map { |result| Array(result.warnings) }.map { |text| Printable.line(text) }
        end
        private_class_method :warnings

        def self.figures(result)
          outcome = result.outcome
          { files: outcome.files, raw: outcome.raw, stored: outcome.stored, products: result.component.products,
            problem_count: outcome.problem_count, notes: outcome.notes,
            handover_seconds: (outcome.handover.round(3) if outcome.handover.positive?),
            databases: (outcome.databases.map(&:figures) unless outcome.databases.empty?),
            **outcome.reuse&.figures.to_h }.compact
        end
        private_class_method :figures

        def self.problem(problem)
          { kind: problem.kind, path: Printable.name(problem.path), reason: Printable.line(problem.reason) }
        end
        private_class_method :problem
      end
    end
  end
end
