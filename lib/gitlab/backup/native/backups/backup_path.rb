# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The folder all backups lie in: `backup.path` of gitlab.yml.
      module BackupPath
        # Returns it. Raises Error when it is missing or nothing can be written there. It is
        # not made: what is missing is a disk that is not mounted, or a misspelt name.
        def self.prepare(path)
          reason = objection(path)
          raise Error.new("the backup path #{path} #{reason}", path: path) if reason

          path
        end

        # Raises Error when it is or lies in one of `folders` ({title => path}), which are to
        # be archived: each backup would take all earlier ones in, and itself.
        def self.check_apart(path, folders)
          title, folder = folders.find { |_, source| File.exist?(source) && within?(path, source) }
          return unless folder

          raise Error.new("the backup path #{path} lies in #{folder}, which is backed up as #{title}: " \
                          "set backup.path of gitlab.yml to a folder outside of it", path: path)
        rescue SystemCallError => e
          raise Failure.of("look at", path, e)
        end

        # Raises Error unless it is there; for those who only look.
        def self.existing(path)
          return path if File.directory?(path)

          raise Error.new("the backup path #{path} does not exist: mount it, or correct backup.path of gitlab.yml",
                          path: path)
        end

        # As bytes: one may be text of gitlab.yml, the other a Folder's.
        def self.within?(path, folder)
          "#{File.realpath(path)}/".b.start_with?("#{File.realpath(folder)}/".b)
        end
        private_class_method :within?

        def self.objection(path)
          return "does not exist: mount or create it (backup.path of gitlab.yml)" unless File.exist?(path)
          return "is not a directory: correct backup.path of gitlab.yml" unless File.directory?(path)
          return if File.writable?(path)
          return "is on a read-only file system: remount it, or correct backup.path of gitlab.yml" if read_only?(path)

          refusal(File.stat(path).uid)
        end
        private_class_method :objection

        # Whoever may not write is told the one as the other. A file without a name is nothing that could be left over.
        def self.read_only?(path)
          File.open(path, File::WRONLY | File::TMPFILE, 0o600, &:close)
          false
        rescue SystemCallError => e
          e.is_a?(Errno::EROFS)
        end
        private_class_method :read_only?

        def self.refusal(owner)
          us = Account.name_of(Process.euid)
          return "is not writable for #{us}: run it as root or as the user with the id #{owner}" if Process.euid != 0

          "is not writable, not even for #{us} (an NFS export that squashes root?): let it write there, or correct " \
            " backup.path of gitlab.yml"
        end
        private_class_method :refusal
      end
    end
  end
end
