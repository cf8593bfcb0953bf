# frozen_string_literal: true

require "securerandom"

module Gitlab
  module Backup
    module Native
      # A backup without the outer tar: its parts lie in the backup path itself, where they take
      # the place of those that lay there. They grow in a work directory meanwhile.
      class StagedForm
        # Yields a StagedForm; what is not published by then is removed. Raises Error.
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
          Seal.new(directory, owner: Owner.of(@plan.base), workers: @plan.workers, sums: sums).call
          replace(Dir.children(directory) - [WorkDirectory::OWNER_NAME])
        end

        # Keeps what was finished when a component failed: as a folder beside the backups, under a
        # name that says so. results: [ComponentResult]. Returns its absolute path, or nil when
        # there is nothing to keep. Raises Error.
        def keep(results, summary:)
          Publication.new(work: @work, owner: Owner.of(@plan.base), workers: @plan.workers, summary: summary,
                          information: nil, results: results).call
        end

        # Puts products there that belong to no backup as yet. What there was of a manifest is
        # gone then: it is no longer that of what lies there. Raises Error.
        def deliver(products)
          Seal.new(directory, owner: Owner.of(@plan.base), workers: @plan.workers, list: false).call
          replace(products.select { |name| File.exist?(File.join(directory, name)) }, and_remove: [OuterTar::MANIFEST])
        end

        private

        # The metadata goes first and comes last: a mixture of two backups never has any.
        def replace(names, and_remove: [])
          doomed = File.join(@plan.base, "#{Removal::PREFIX}#{SecureRandom.alphanumeric(12).downcase}")
          Signals.defer do
            Dir.mkdir(doomed, 0o700)
            ordered = names.sort_by { |name| name == BackupInformation::YAML_NAME ? 1 : 0 }
            (ordered.reverse + and_remove).each { |name| move(name, from: @plan.base, to: doomed) }
            ordered.each { |name| move(name, from: directory, to: @plan.base) }
            Durable.sync(@plan.base)
          end
          Removal.new(@plan.base).finish(File.basename(doomed))
        end

        def move(name, from:, to:)
          source = File.join(from, name)
          File.rename(source, File.join(to, name)) if File.symlink?(source) || File.exist?(source)
        rescue SystemCallError => e
          raise Failure.of("move", source, e)
        end
      end
    end
  end
end
