# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What a run is to make: under which id, of what, with how many workers.
      class BackupPlan
        # options is a BackupOptions. Raises Error for an id that cannot be used or is taken.
        def initialize(options:, base:, version:)
          @base = base
          @version = version
          @jobs = options.jobs
          @bytes_per_second = options.manners&.bytes_per_second
          @selection = options.selection
          name_it(options.backup_id)
        end

        # id and GitLab's version are Strings, base the absolute backup path, jobs a
        # number of workers, created_at the Time the backup is dated by, bytes_per_second
        # the pace of products (nil: no limit).
        attr_reader :id, :base, :version, :jobs, :created_at, :bytes_per_second

        def wants?(component)
          @selection.include?(component)
        end

        # Ids of the components that were not asked for, in GitLab's order.
        def left_out
          @selection.left_out
        end

        private

        def name_it(id)
          @created_at = Time.now.utc
          @id = id || BackupId.generate(@created_at, @version)
          return unless (taken = taken_path)
          raise Error.new("#{taken} already exists: choose another --backup-id, or delete it first", path: taken) if id

          # Two quick runs in one second.
          sleep(1 - @created_at.subsec)
          name_it(nil)
        end

        def taken_path
          paths = ["", BackupId::INCOMPLETE_SUFFIX].map { |suffix| File.join(@base, "#{@id}#{suffix}") }
          paths.find { |path| File.symlink?(path) || File.exist?(path) }
        end
      end
    end
  end
end
