# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The lines about the tar of gitlab:backup:create, and what happens to it afterwards: it is
      # uploaded, and older ones are deleted.
      class CreateTar
        # context: TaskContext; plan: CreatePlan. Raises Error for a configuration that cannot be
        # right, before any work is done.
        def initialize(context, plan)
          @log = context.log
          @plan = plan
          @upload = Remote::Upload.new(settings: context.instance.upload_settings, options: context.options, log: @log)
          @upload.check(plan.tar_path)
        end

        # Runs the block, which finishes the tar, between two lines; without them for one that is
        # incomplete. Returns the block's value. Raises Error.
        def told(incomplete)
          return yield if incomplete

          @log.info("Creating backup archive: #{name} ... ")
          yield.tap { @log.info("Creating backup archive: #{name} ... done") }
        rescue Error => e
          @log.error("Creating archive #{name} failed")
          raise Error.new("Backup failed: #{Failure.message(e)}", errno: e.errno, path: e.path)
        end

        # Uploads it; after that, when nothing failed, deletes old ones. Raises Error.
        def deliver(prune:)
          @upload.call(@plan.tar_path)
          return unless prune

          TarPruning.new(base: @plan.base, keep_time: @plan.keep_time, reporter: @log).call(made: @plan.tar_path)
        end

        private

        def name
          File.basename(@plan.tar_path)
        end
      end
    end
  end
end
