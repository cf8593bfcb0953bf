# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The backup that an incremental gitlab:backup:create adds to. All components but the repositories are taken anew;
      # archives of files take over what has not changed.
      class CreatePrevious
        # context: TaskContext; base: the backup path.
        def initialize(context, base)
          @context = context
          @base = base
        end

        # Yields the BackupSource, once the options have taken over what it was made without; the
        # block returns an exit status. Returns that, or 1 when there is no such backup or another
        # version of GitLab made it, which has been told then. Raises Error, as for a damaged one.
        def call
          source = BackupChoice.new(@base, @context, name: name).call
          return 1 unless source && fits?(source)

          check(source)
          yield source
        ensure
          source&.close
        end

        private

        # Until GitLab 15 BACKUP named the earlier backup, and still does without the other. It is
        # not to name the new one as well, which would take the earlier one's place.
        def name
          options.previous_backup || options.backup.tap { options.backup = nil }
        end

        def options
          @context.options
        end

        # By the tar's ends and all its headers: what is in its members shows when they are read.
        def check(source)
          tar = ListedTar.at(@base, File.basename(source.path))
          damage = [*tar&.damages, *source.damages].first
          source.folder?(TarSource::REPOSITORIES) unless damage
          raise FormatError, damage if damage
        rescue FormatError => e
          path = Printable.name(source.path)
          raise Error.new("nothing can be added to the backup #{path}: #{e.message.delete_prefix("#{path} ")}; name " \
                          "another with PREVIOUS_BACKUP, or leave INCREMENTAL out", path: source.path)
        end

        def fits?(source)
          options.merge(source.details)
          VersionPrecondition.new(source.details, current: @context.instance.version, log: @context.log).met?
        end
      end
    end
  end
end
