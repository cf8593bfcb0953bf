# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class CLI
        # `gitlab-backup-cli delete`, `prune` and `export-tar`: what changes the backups there
        # are. Each holds the lock while it works and returns the exit status.
        class MaintenanceCommands
          def initialize(session)
            @session = session
          end

          # Of a folder or a tar, as `list` shows them. Raises Error when there is no such backup, or a pending restore
          # needs it.
          def delete(name)
            @session.catalog
            @session.locked do
              backup = @session.catalog.fetch_form(name)
              PendingRestore.at(@session.catalog.base)&.spare(backup)
              rest = backup.is_a?(ListedTar) ? rest_of_link(backup) : rest_of_folder(backup)
              backup.delete
              @session.reporter.success("Deleted #{Printable.name(backup.path)}")
              @session.reporter.info(rest) if rest
            end
            0
          end

          # Deletes what the rules let go, or says what that would be. Raises Error where there is no rule.
          def prune
            rules = retention_rules
            return keep_for_ever if rules[:keep_time]&.zero?

            pruning = Pruning.new(catalog: @session.catalog, reporter: @session.reporter)
            status = if @session.values.flag(:dry_run) then pruning.preview(**rules)
                     else @session.locked { pruning.call(**rules) }
                     end
            status.tap { tell_of_tars }
          end

          # Raises Error when the backup cannot be exported.
          def export_tar(name)
            @session.catalog
            @session.locked { export(@session.catalog.fetch_folder(name, reporter: @session.reporter)) }
            0
          end

          private

          # What export-tar made is a backup of its own.
          def rest_of_folder(backup)
            tar = OuterTar.path_of(backup, @session.catalog.base)
            return unless File.file?(tar)

            "#{Printable.name(tar)} stays: #{Main::TITLE} delete #{Printable.name(File.basename(tar))} deletes it, too"
          end

          def rest_of_link(tar)
            "#{Printable.name(File.realpath(tar.path))}, which that led to, stays" if File.symlink?(tar.path)
          end

          # As keep_time of gitlab.yml: 0 is no age but the absence of one.
          def keep_for_ever
            @session.reporter.info("--keep-time 0 keeps backups for ever: nothing is removed")
            0
          end

          # Whoever prunes to make room should know what is not looked at.
          def tell_of_tars
            count = @session.catalog.tars.size
            return if count.zero?

            keep_time = @session.instance.keep_time
            fate = keep_time.positive? ? "deletes by their age" : "keeps for ever"
            @session.reporter.info("Left alone: #{Units.count(count, "tar")}, which gitlab-backup create #{fate} " \
                                   "(backup.keep_time of gitlab.yml is #{keep_time})")
          end

          def tell_unchecked(backup)
            return if Integrity.new(backup, workers: 1).checkable?

            @session.reporter.warning("#{Printable.name(backup.name)} has no #{Checksums::NAME} " \
                                      "(another tool made it): nothing of it can be checked")
          end

          # Without options: what the configuration says.
          def retention_rules
            values = @session.values
            rules = { keep_time: values.number(:keep_time, 0..Values::MAX),
                      keep_last: values.number(:keep_last, 1..Values::MAX) }.compact
            return rules unless rules.empty?

            keep_time = @session.instance.keep_time
            return { keep_time: keep_time } if keep_time.positive?

            raise Error, "nothing says what to delete: backup.keep_time of gitlab.yml is 0 (keep for ever); " \
                         "give --keep-time or --keep-last"
          end

          def export(backup)
            File.umask(RunSetup::UMASK)
            tar = OuterTar.new(backup: backup, base: @session.catalog.base, workers: @session.values.jobs,
                               permissions: @session.instance.archive_permissions)
            tell_unchecked(backup)
            path = tar.call
            @session.reporter.success("Wrote #{Printable.name(path)} (#{Units.bytes(File.size(path))})")
          end
        end
      end
    end
  end
end
