# frozen_string_literal: true

require "digest"

module Gitlab
  module Backup
    module Native
      # A backup as one tar in the backup path, as GitLab's tasks make it. It grows in a work directory, where all that
      # is not written into it at once lies meanwhile.
      class TarForm
        # As long as each newest migration of GitLab's since 2012.
        DB_VERSION = "20260101000000"

        # plan: CreatePlan; permissions: the tar's mode. Yields a TarForm; what is not published by then is removed.
        # Returns the block's value. Raises Error.
        def self.open(plan, permissions:)
          WorkDirectory.open(plan.base, backup_id: plan.id) do |work|
            path = File.join(work.path, File.basename(plan.tar_path))
            TarContainer.open(path, owner: Owner.of(plan.base)) do |container|
              # The first member, and known for certain only in the end.
              container.add(BackupInformation::YAML_NAME, plan.information(db_version: DB_VERSION).yaml)
              yield new(plan, work, container, permissions: permissions)
            end
          end
        end

        # TarContainer for the products
        attr_reader :container

        def initialize(plan, work, container, permissions:)
          @plan = plan
          @work = work
          @container = container
          @permissions = permissions
        end

        # Absolute path of the folder for manifests, and for what is to be moved into the tar.
        def directory
          @work.path
        end

        # Makes of what is there a backup with this BackupInformation, in place of one of its name. summary: as of
        # Summary.build. The container knows the products' sums itself. Returns its absolute path. Raises Error.
        def publish(information, summary:, **)
          finish(information, summary)
          give(@plan.tar_path)
        end

        # Keeps what was finished when a component failed: as a tar that GitLab's tasks do not see. results:
        # [ComponentResult]. Returns its absolute path, or nil when there is nothing to keep. Raises Error.
        def keep(results, summary:)
          failed = results.select(&:failed?)
          return if failed.size == results.size

          Publication.write_reasons(directory, summary, failed)
          finish(@plan.information(db_version: nil), summary)
          give("#{@plan.tar_path}#{BackupId::INCOMPLETE_SUFFIX}")
        end

        private

        # Our own members come last: GitLab does not know them. And the summary behind all of them, see TarEnd.
        def finish(information, summary)
          container.update(BackupInformation::YAML_NAME, information.yaml)
          container.tree(OuterTar::MANIFEST, File.join(directory, OuterTar::MANIFEST))
          text = Summary.text(summary)
          sums = container.sums.merge(Summary::NAME => Digest::SHA256.hexdigest(text))
          container.add(Checksums::NAME, Checksums.text(sums))
          container.add(Summary::NAME, text)
          container.finish(permissions: @permissions)
        rescue SystemCallError => e
          raise Failure.of("write", container.path, e)
        end

        def give(target)
          FinalName.give(container.path, target, replace: true)
          target
        end
      end
    end
  end
end
