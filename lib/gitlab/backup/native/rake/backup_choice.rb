# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Which of the backups in the backup path a Rake task is about, by BACKUP and in GitLab's words.
      #
      # BACKUP=latest is the newest archive, unless one has that name. With INCOMPLETE=yes an archive counts that lacks
      # the components which failed; with FETCH_REMOTE=yes one that is not here is downloaded.
      class BackupChoice
        LATEST = "latest"
        ENDING = "Please make sure that file name ends with #{BackupId::TAR_SUFFIX}".freeze
        # A word in place of the archive's name.
        EXAMPLE = "timestamp_of_backup"

        # base: the backup path; context: TaskContext; name: what is asked for, nil or "" for the only one there is.
        def initialize(base, context, name: context.options.backup)
          @base = base
          @instance = context.instance
          @options = context.options
          @log = context.log
          @name = name.to_s
        end

        # Returns a BackupSource, nil when there is none; that has been told then. Raises Error.
        def call
          return staged if @name.empty? && StagedBackup.in?(@base)

          backup = @name.empty? ? only : named
          backup && TarSource.new(backup, reporter: @log, check_space: !@options.backup_skip_storage_check)
        end

        private

        def staged
          @log.info("Non tarred backup found in #{@base}, using that")
          StagedSource.new(StagedBackup.new(@base), reporter: @log)
        end

        def none
          @log.error("No backups found in #{@base}")
          @log.error(ENDING)
          tell_of_incomplete
        end

        # [TarBackup], as the names are sorted.
        def archives
          @archives ||= begin
            names = endings.flat_map { |ending| names(ending).map { |name| TarBackup.at(@base, name, suffix: ending) } }
            names.compact.sort_by { |backup| backup.name.b }
          end
        end

        def endings
          [BackupId::TAR_SUFFIX, (IncompleteArchives::ENDING if @options.incomplete)].compact
        end

        # Hidden files are nothing to choose from.
        def names(ending)
          Dir.children(@base, encoding: Encoding::UTF_8)
             .select { |name| name.end_with?(ending) && !name.start_with?(".") }
             .map { |name| name.delete_suffix(ending) }
        rescue SystemCallError => e
          raise Failure.of("list", @base, e)
        end

        # An empty BACKUP, which a script's empty variable gives, does not choose among several.
        def only
          return archives.first if archives.size == 1
          return none if archives.empty?

          @log.warning("Found more than one backup:")
          archives.each { |backup| @log.warning(" #{Printable.name(backup.name)}") }
          advice.each { |line| @log.warning(line) }
          nil
        end

        def advice
          unless @options.incremental
            return ["Please specify which one you want to restore:", "rake gitlab:backup:restore BACKUP=#{EXAMPLE}"]
          end

          ["Please specify which one you want to create an incremental backup for:",
           "rake gitlab:backup:create INCREMENTAL=true PREVIOUS_BACKUP=#{EXAMPLE}"]
        end

        def named
          found = endings.filter_map { |ending| TarBackup.at(@base, @name, suffix: ending) }.first
          return found if found
          return fetched if @options.fetch_remote
          return none if archives.empty?
          return newest if @name == LATEST

          @log.error("The backup file #{Printable.name(file)} does not exist!")
          tell_of_incomplete
        end

        def file
          File.join(@base, "#{@name}#{BackupId::TAR_SUFFIX}")
        end

        def fetched
          Remote::Download.new(settings: @instance.upload_settings, options: @options, log: @log)
                          .call(file, permissions: @instance.archive_permissions)
          TarBackup.at(@base, @name)
        end

        # One that is damaged at first sight is no reason to do without the others.
        def newest
          whole = archives.select { |backup| whole?(backup) }
          whole.max_by { |backup| [backup.created_at.to_i, backup.name.b] } || none
        end

        def whole?(backup)
          name = File.basename(backup.path)
          damages = ListedTar.new(backup, name).damages
          damages.each { |damage| @log.warning("#{LATEST} is not #{Printable.name(name)}: #{damage}") }
          damages.empty?
        end

        # Returns nil.
        def tell_of_incomplete
          found = @options.incomplete ? [] : names(IncompleteArchives::ENDING).map { |name| Printable.name(name) }
          return if found.empty?

          @log.error("Some are incomplete: #{found.join(", ")}. INCOMPLETE=yes takes the components one of them holds")
          nil
        end
      end
    end
  end
end
