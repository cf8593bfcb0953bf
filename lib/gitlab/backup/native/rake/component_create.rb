# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # gitlab:backup:<component>:create: its products into the backup path, and nothing else: no
      # metadata, no tar, no upload, nothing deleted.
      class ComponentCreate
        # context: TaskContext; id: of the component. Raises ArgumentError for an id there is not.
        def initialize(context, id)
          raise ArgumentError, "Cannot find task with name: #{id}" unless Component::IDS.include?(id)

          @context = context
          @id = id
        end

        # Returns the exit status. Raises Error; blocks for as long as it takes.
        def call
          @context.manners.apply
          @context.locked(CreateRun::NEEDED) { under_lock }
        end

        private

        def under_lock
          plan = CreatePlan.new(@context, only: @id)
          Leftovers.new(plan.base, @context.log).clear
          component = plan.components.find { |one| one.id == @id }
          plan.check_room([component])
          results = StagedForm.open(plan) { |form| back_up(component, plan, form) }
          results.all?(&:good?) ? 0 : 1
        end

        def back_up(component, plan, form)
          results = CreateComponents.new(context: @context, plan: plan, form: form).call([component])
          form.deliver unless results.empty? || results.any?(&:failed?)
          results
        end
      end
    end
  end
end
