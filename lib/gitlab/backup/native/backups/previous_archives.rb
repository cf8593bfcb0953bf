# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Which archive of an earlier backup serves a component's next one. Each component has the newest there is of
      # its own: a backup that lacks it is no hindrance.
      class PreviousArchives
        REMEDY = "name another one with --previous, or go without"

        # Yields the PreviousArchives for a run with these ReuseOptions, nil with --full, and closes them afterwards.
        # components: what is to be backed up; reporter: for what there is to say of "latest". Returns the block's
        # value. Raises Error when --previous names a backup that cannot serve.
        def self.open(options, base:, components:, reporter:)
          archives = chosen(options, base, components, reporter)
          yield archives
        ensure
          archives&.close
        end

        # Of all backups in the backup path, as directories and as tars. Reads none of them yet, but
        # reporter gets a warning for each tar that is none. Raises Error.
        def self.newest(base, reporter: nil, **options)
          listed = Catalog.new(base).newest_first.reject(&:incomplete?)
          listed.grep(ListedTar).each { |tar| tell_of_damage(tar, reporter) } if reporter
          new(listed.map { |backup| PreviousBackup.new(backup.source, base: base, listed: backup) }, **options)
        end

        def self.chosen(options, base, components, reporter)
          return if options.full
          return newest(base, reporter: reporter, full_every: options.full_every) unless options.previous

          source = BackupSource.find(base, options.previous, reporter: reporter)
          new([PreviousBackup.new(source, base: base)], full_every: options.full_every).check(components)
        end

        def self.tell_of_damage(tar, reporter)
          damage = tar.damages.first or return
          path = Printable.name(tar.path)
          reporter.warning("#{path}: #{damage.sub(path, "it")}; it is passed over: put a whole one there, or delete " \
                           "it: #{Main::TITLE} delete #{Printable.name(tar.name)}")
        end
        private_class_method :chosen, :tell_of_damage

        # backups: [PreviousBackup], newest first; full_every: Integer or nil.
        def initialize(backups, full_every: nil)
          @backups = backups
          @full_every = full_every
        end

        # PreviousArchive for a Components::Files, or nil. job: its ComponentJob. What cannot be used is passed over,
        # which is told unless it is no backup of ours at all.
        def of(component, job)
          found = newest(component, job)
          return found unless found && due?(found)

          job.monitor.info("#{component.title}: archived in full, as --full-every #{@full_every} asks")
          nil
        end

        # Looks at once at what these components would be given. Returns self. Raises Error when that is nothing.
        def check(components)
          files = components.grep(Components::Files)
          found = @backups.flat_map do |backup|
            files.map { |component| backup.archive(component) }
          end
          return self if files.empty? || found.any?

          names = @backups.map { |backup| Printable.name(backup.id) }
          raise Error, "nothing can be reused from the backup #{names.join(", ")}: it holds no archive of " \
                       "#{files.map(&:title).join(", ")}"
        rescue Error => e
          close
          raise Error.new("#{e.message}; #{REMEDY}", path: e.path)
        end

        # Removes what was unpacked.
        def close
          @backups.each(&:close)
        end

        private

        def newest(component, job)
          @backups.each do |backup|
            archive = backup.archive(component)
            return archive if archive
          rescue Error => e
            job.monitor.info("#{component.title}: #{e.message}") if backup.ours?
          end
          nil
        end

        def due?(archive)
          @full_every && archive.generation >= @full_every - 1
        end
      end
    end
  end
end
