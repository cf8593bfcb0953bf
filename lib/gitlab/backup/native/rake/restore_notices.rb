# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What gitlab:backup:restore says of a backup before it restores it: what will not come back.
      class RestoreNotices
        # context: TaskContext; log: RestoreLog; source: BackupSource.
        def initialize(context, log:, source:)
          @context = context
          @log = log
          @source = source
        end

        # ids: of components that would be restored if the backup had them.
        def missing(ids)
          @log.warning("Not in the backup, and so not restored: #{ids.join(", ")}") unless ids.empty?
        end

        # ids: of components that the backup has and the configuration switches off. GitLab says nothing of it.
        def disabled(ids)
          Component.all(@context.instance).select { |component| ids.include?(component.id) }.each do |component|
            @log.warning("Restoring #{TaskNames.of(component)} ... [DISABLED]: the backup has some, but " \
                         "#{component.id}.enabled is not set in gitlab.yml")
          end
        end

        # ids: of components that are restored. What could not be read when the backup was made is gone afterwards, if
        # it is still here.
        def problems(ids)
          counts.slice(*ids).each do |id, count|
            @log.warning("#{TaskNames::LINES.fetch(id, id)}: the backup lacks what could not be read when it was " \
                         "made (#{Units.count(count, "problem")}): `gitlab-backup-cli show` lists it")
          end
        end

        private

        # {id => Integer} of the components with problems
        def counts
          Summary.rows(@source.summary).to_h { |row| [row["id"], row["problem_count"].to_i] }
                 .select { |_, count| count.positive? }
        end
      end
    end
  end
end
