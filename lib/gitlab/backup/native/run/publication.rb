# frozen_string_literal: true

require "json"

module Gitlab
  module Backup
    module Native
      # Turns a work directory full of products into a backup: metadata, checksums, name.
      # If a component failed, what was finished is kept beside the backups instead, under
      # a name and without the metadata that would make it one.
      class Publication
        INCOMPLETE_NAME = "manifest/INCOMPLETE.json"

        # Says in the directory why there is no backup. failed: [ComponentResult]. Raises Error.
        def self.write_reasons(directory, summary, failed)
          reasons = failed.map do |result|
            { id: result.component.id, title: result.component.title, reason: Printable.line(result.error.message) }
          end
          content = { format: 1, **summary.slice(:backup_id, :created_at, :gitlab_version), components: reasons }
          Durable.write(File.join(directory, INCOMPLETE_NAME), "#{JSON.pretty_generate(content)}\n")
        end

        # summary as of Summary.build; information a BackupInformation (nil when one failed); results ComponentResults.
        def initialize(work:, owner:, workers:, summary:, information:, results:)
          @work = work
          @owner = owner
          @workers = workers
          @summary = summary
          @information = information
          @results = results
        end

        # Returns the backup's absolute path, or nil when no component was finished and so
        # nothing is kept. Raises Error.
        def call
          failed = @results.select(&:failed?)
          return if failed.size == @results.size

          failed.empty? ? @information.write(@work.path) : self.class.write_reasons(@work.path, @summary, failed)
          Summary.write(@work.path, @summary)
          Seal.new(@work.path, owner: @owner, workers: @workers, sums: sums, opened: @work.owner_file).call
          @work.publish(failed.empty? ? backup_id : "#{backup_id}#{BackupId::INCOMPLETE_SUFFIX}")
        end

        private

        def backup_id
          @summary.fetch(:backup_id)
        end

        def sums
          @results.reject(&:failed?).map { |result| result.outcome.products }.reduce({}, :merge)
        end
      end
    end
  end
end
