# frozen_string_literal: true

require "fileutils"

module Gitlab
  module Backup
    module Native
      # A backup without the outer tar: its parts lie in the backup path itself, where they take
      # the place of those that lay there. They grow in a work directory meanwhile.
      class StagedForm
        # Yields a StagedForm; what is not published by then is removed. Returns the block's value.
        # Raises Error.
        def self.open(plan)
          WorkDirectory.open(plan.base, backup_id: plan.id) { |work| yield new(plan, work) }
        end

        def initialize(plan, work)
          @plan = plan
          @work = work
        end

        # Absolute path of the folder the parts grow in.
        def directory
          @work.path
        end

        # Products are files here.
        def container
          nil
        end

        # Makes of what is there a backup with this BackupInformation. summary: as of
        # Summary.build; sums: SHA-256 of the products that are known. Raises Error.
        def publish(information, summary:, sums:)
          Durable.write(File.join(directory, BackupInformation::YAML_NAME), information.yaml)
          Summary.write(directory, summary)
          seal(sums: sums)
          StagedExchange.call(@work, @plan.base)
        end

        # Keeps what was finished when a component failed: as a folder beside the backups, under a
        # name that says so. results: [ComponentResult]. Returns its absolute path, or nil when
        # there is nothing to keep. Raises Error.
        def keep(results, summary:)
          Publication.new(work: @work, owner: Owner.of(@plan.base), workers: @plan.workers, summary: summary,
                          information: nil, results: results).call
        end

        # Puts products there that belong to no backup as yet. Raises Error.
        def deliver
          FileUtils.rm_r(File.join(directory, OuterTar::MANIFEST))
          seal(list: false)
          StagedExchange.call(@work, @plan.base)
        rescue SystemCallError => e
          raise Failure.of("finish the products in", directory, e)
        end

        private

        def seal(**options)
          Seal.new(directory, owner: Owner.of(@plan.base), workers: @plan.workers, opened: @work.owner_file,
                              **options).call
        end
      end
    end
  end
end
