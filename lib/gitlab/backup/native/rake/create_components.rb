# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Backs up the components of a CreatePlan, one after another, and says of the others why not.
      class CreateComponents
        # context: TaskContext; form: StagedForm or TarForm
        def initialize(context:, plan:, form:)
          @context = context
          @plan = plan
          @form = form
        end

        # Returns a ComponentResult for each that was backed up.
        def call(components)
          Dir.mkdir(File.join(@form.directory, OuterTar::MANIFEST), 0o700)
          reserve = Reserve.new(@form.directory).tap(&:take)
          results = components.flat_map { |component| run(component) }
          reserve.release
          results
        ensure
          @archives&.close
        end

        private

        def run(component)
          reason = @plan.left_out(component)
          return runner.call([component]) unless reason

          @context.log.component_left_out(component, reason)
          []
        end

        def runner
          @runner ||= ComponentRunner.new(instance: @context.instance, reporter: @context.log,
                                          directory: @form.directory, backup_id: @plan.id, workers: @plan.workers,
                                          options: @context.options,
                                          bytes_per_second: @context.manners.bytes_per_second,
                                          container: @form.container, previous: @plan.previous, archives: archives)
        end

        # What an incremental backup takes over of the files; a full one is a full one, as with GitLab.
        def archives
          return unless @plan.previous

          hindrance = @context.options.without_reuse
          return @archives = PreviousArchives.new([previous]) unless hindrance

          @context.log.info("#{hindrance}: unchanged files are not reused, but archived again")
          nil
        end

        def previous
          PreviousBackup.new(@plan.previous, base: @plan.base)
        end
      end
    end
  end
end
