# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Whether there is room for a restore, in GitLab's words. What is asked for is what is needed: of an archive only
      # its repositories are unpacked.
      class TaskSpace
        BYPASS = "Set BACKUP_SKIP_STORAGE_CHECK=true to bypass this check."
        SKIPPED = "Skipping disk space check because BACKUP_SKIP_STORAGE_CHECK is enabled."

        # context: TaskContext.
        def initialize(context)
          @options = context.options
          @log = context.log
        end

        # needs: [{directory => bytes}]. Raises Error when one has too little, or nobody can tell.
        def check(needs)
          return if @options.backup_skip_storage_check

          SpaceCheck.new(needs).each { |directories, needed, available| judge(directories.first, needed, available) }
        end

        # Says so when nothing is checked.
        def tell
          @log.info(SKIPPED) if @options.backup_skip_storage_check
        end

        private

        def judge(directory, needed, available)
          shown = Printable.name(directory)
          unless available
            raise Error.new("Unable to check disk space in #{shown}: df does not tell. #{BYPASS}", path: directory)
          end
          return if available >= needed

          raise Error.new("Insufficient disk space in #{shown}: #{words(available)} available, " \
                          "estimated #{words(needed)} required. #{BYPASS}", path: directory)
        end

        def words(bytes)
          "#{Units.bytes(bytes)} (#{bytes} bytes)"
        end
      end
    end
  end
end
