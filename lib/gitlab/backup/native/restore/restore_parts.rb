# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Components of a run, each with what restores it.
      class RestoreParts
        # component: as of Component.all; restore: FilesRestore, DatabasesRestore or RepositoriesRestore
        Part = Struct.new(:component, :restore)

        # source: BackupSource, nil where there is none to restore from; workers: a count.
        def initialize(instance:, source:, workers:, options:, journal:, reporter:)
          @instance = instance
          @job = { instance: instance, source: source, workers: workers, options: options, journal: journal,
                   before: journal.directory }
          @reporter = reporter
        end

        # [Part] of the components with these ids, in GitLab's order.
        def of(ids)
          Component.all(@instance).select { |component| ids.include?(component.id) }.map do |component|
            monitor = Monitor.new(component: component, reporter: @reporter)
            job = RestoreJob.new(**@job, monitor: monitor)
            Part.new(component, class_for(component.id).new(component, job))
          end
        end

        private

        def class_for(component_id)
          case component_id
          when "db" then DatabasesRestore
          when "repositories" then RepositoriesRestore
          else FilesRestore
          end
        end
      end
    end
  end
end
