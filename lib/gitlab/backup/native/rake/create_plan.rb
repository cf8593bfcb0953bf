# frozen_string_literal: true

require "etc"

module Gitlab
  module Backup
    module Native
      # What gitlab:backup:create is to make: under which id, of which components.
      class CreatePlan
        # context: TaskContext; previous: BackupSource that an incremental backup adds to, or nil; only: id of the one
        # component that will be made, nil for all. Raises Error for an id that cannot be used, or a configuration.
        def initialize(context, previous: nil, only: nil)
          @context = context
          @previous = previous
          @instance = context.instance
          @options = context.options
          @version = @instance.version
          @base = BackupPath.prepare(@instance.backup_path)
          @keep_time = @instance.keep_time
          @workers = Descriptors.limited(Etc.nprocessors, context.log)
          name_it
          look_at(components.select { |component| only.nil? || component.id == only })
        end

        # Strings: the id, GitLab's version, the absolute backup path
        attr_reader :id, :version, :base
        # Time in GitLab's zone; Integers: seconds backups are kept, threads
        attr_reader :created_at, :keep_time, :workers

        # BackupSource or nil
        attr_reader :previous

        # All components, in GitLab's order.
        def components
          @components ||= Component.all(@instance)
        end

        # nil for a component that is to be backed up, else GitLab's word why not.
        def left_out(component)
          return "DISABLED" if @context.disabled?(component.id)

          "SKIPPED" if @options.skip?(component.id)
        end

        # Is there room for those of these components that will be made? Raises Error.
        def check_room(components)
          made = components.reject { |component| left_out(component) || component.skip_reason }.map(&:id)
          made.delete("repositories") if @options.repositories_server_side
          BackupSpace.new(base, made).check(@context.log, passed: @options.backup_skip_storage_check)
        end

        # Absolute path of the tar.
        def tar_path
          File.join(base, "#{id}#{BackupId::TAR_SUFFIX}")
        end

        # BackupInformation to go with it; db_version: String or nil.
        def information(db_version:)
          attributes = { backup_id: id, created_at: created_at, zone: @instance.time_zone.name,
                         gitlab_version: version, installation_type: @instance.installation_type,
                         db_version: db_version, tar_version: TarVersion.read, skipped: @options.skip,
                         **@options.to_h.slice(*BackupInformation::LISTS) }
          server_side = @options.repositories_server_side
          return BackupInformation.new(**attributes, repositories_server_side: server_side) unless previous

          previous.details.incremental(previous_backup: @options.previous_backup, **attributes)
        end

        private

        def look_at(components)
          wanted = components.reject { |component| left_out(component) }
          FirstLook.call(wanted, instance: @instance, base: @base, reporter: @context.log, options: @options)
        end

        # Two quick runs in one second: a name nobody has chosen takes the place of no backup.
        def name_it
          @created_at = @instance.time_zone.local(Time.now)
          @id = own_id
          return if @id

          @id = @created_at.strftime("%s_%Y_%m_%d_#{@version}")
          return unless File.exist?(tar_path)

          sleep(1 - @created_at.subsec)
          name_it
        end

        def own_id
          id = @options.backup
          return if id.nil? || id.empty?
          raise Error, "BACKUP and PREVIOUS_BACKUP name one backup: leave BACKUP out" if id == previous&.id
          return id if id.valid_encoding? && id.match?(InformationFile::NAME) && id.bytesize <= BackupId::MAX_BYTES

          raise Error, "BACKUP=#{Printable.name(id)} cannot be used: it has to be one plain, printable name of " \
                       "#{BackupId::MAX_BYTES} bytes at most"
        end
      end
    end
  end
end
