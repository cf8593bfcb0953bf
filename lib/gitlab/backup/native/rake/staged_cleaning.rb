# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Removes a backup without an outer tar from the backup path, once it is restored.
      class StagedCleaning
        # source: StagedSource.
        def initialize(source, log)
          @source = source
          @log = log
        end

        # What cannot be removed is a warning: the restore is good.
        def call
          @log.info("Deleting tar staging files ... ")
          @source.names.each { |name| remove(name) }
          @log.info("Deleting tar staging files ... done")
        end

        private

        def remove(name)
          @log.info("Cleaning up #{@source.product_path(name)}")
          Removal.new(@source.path).call(name)
        rescue Error => e
          @log.warning(e.message)
        end
      end
    end
  end
end
