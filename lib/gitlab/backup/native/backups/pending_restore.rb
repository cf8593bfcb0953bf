# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # A restore that was broken off or failed, and neither completed nor undone since. What the instance holds is
      # half of a backup: one made of that is no reason to let an earlier one go, least of all the one restored from.
      class PendingRestore
        # A restore's id, where that is all that can be known; see Journal.start.
        RESTORE_ID = /\A(?<backup_id>.+)_\d{14}\z/m

        # The one in the backup path, nil if there is none. Raises Error.
        def self.at(base)
          journal = Journal.unfinished(base)
          return new(journal.restore_id, journal.backup_id) if journal

          closed = Dir.children(base, encoding: Encoding::UTF_8).find { |name| closed?(base, name) } or return
          restore_id = closed.delete_suffix(Journal::SUFFIX)
          new(restore_id, restore_id[RESTORE_ID, :backup_id] || restore_id, doubt: true)
        end

        # Is it a restore's folder whose journal is for others? That of root is, where GitLab's user backs up.
        def self.closed?(base, name)
          return false unless name.end_with?(Journal::SUFFIX)

          File.open(File.join(base, name, Journal::NAME), File::RDONLY | File::NONBLOCK, &:close)
          false
        rescue SystemCallError => e
          e.is_a?(Errno::EACCES)
        end
        private_class_method :closed?

        # Tells a backup of it. Raises Error.
        def self.tell(base, reporter)
          pending = at(base) or return
          reporter.alert("#{pending.sentence}: this backup takes what is there now")
        end

        # ids: of the restore and of the backup; doubt: true for one whose journal we may not read.
        def initialize(restore_id, backup_id, doubt: false)
          @restore_id = Printable.name(restore_id)
          @backup_id = backup_id
          @doubt = doubt
        end

        # String: what it is.
        def sentence
          return "the restore #{@restore_id} was not completed" unless @doubt

          "the restore #{@restore_id} may not be completed (#{Account.name_of(Process.euid)} cannot read its journal)"
        end

        # String: why backups stay, and until when.
        def reason
          "#{sentence}: no backup is deleted until it is; #{way_out}"
        end

        # Raises Error for the backup (BackupDirectory or ListedTar) that it was to restore.
        def spare(backup)
          return unless backup.id == @backup_id

          raise Error.new("#{Printable.name(backup.path)} is not deleted: #{sentence} and may need it; #{way_out}",
                          path: backup.path)
        end

        private

        def way_out
          "complete it (#{Main::TITLE} restore all #{Printable.name(@backup_id)}) or put back what was there before " \
            "(#{Main::TITLE} restore undo #{@restore_id})"
        end
      end
    end
  end
end
