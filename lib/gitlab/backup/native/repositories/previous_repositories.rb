# frozen_string_literal: true

require "fileutils"

module Gitlab
  module Backup
    module Native
      # The repositories of an earlier backup, as what an incremental one begins with: both hold all
      # steps. Of that backup nothing but them is unpacked, and it stays as it is.
      class PreviousRepositories
        FOLDER = "repositories"
        # By whose times gitaly-backup tells which run is the latest.
        TIMED = %w[backup_ids manifests].freeze

        # source: BackupSource; backup_id: of the new backup. Raises Error when that is the earlier
        # one's.
        def initialize(source, backup_id:)
          @source = source
          return unless id == backup_id

          raise Error, "an incremental backup needs an id of its own, and #{Printable.name(id)} is that of the " \
                       "backup it adds to: give that one as PREVIOUS_BACKUP, and another BACKUP or none"
        end

        # String: the earlier backup's
        def id
          @source.id
        end

        # Puts them into `directory`, an empty one of the same file system. owner: Account they are
        # to belong to, nil for nobody else. carry: that #carry will follow. Raises Error. Returns
        # their bytes.
        def call(directory, owner: nil, carry: false)
          return 0 unless @source.components.include?(FOLDER)

          check_whole
          @carried = CarriedRepositories.new(@source) if carry && @source.is_a?(TarSource)
          put(directory)
          FileUtils.chown_R(owner.uid, owner.gid, directory) if owner
          Tree.new(directory).bytes
        rescue SystemCallError => e
          raise Failure.of("copy the repositories of the earlier backup to", directory, e)
        end

        # Adds what #call has left in the earlier tar to that of the ComponentJob. Raises Error.
        def carry(job)
          @carried&.carry(job)
        end

        private

        # What is built upon is to be there.
        def check_whole
          reason = @source.lost[FOLDER] or return
          raise FormatError.new("the repositories of #{Printable.name(id)} are not whole, so nothing can be added to " \
                                "them: #{reason}; make a full backup", path: @source.path)
        end

        def put(directory)
          return @carried.unpack(directory) if @carried

          @source.is_a?(TarSource) ? take(directory) : copy(directory)
        end

        # They were unpacked for us alone.
        def take(directory)
          File.rename(@source.product_path(FOLDER), directory)
          @source.entries(FOLDER).each_entry(paths: TIMED) do |entry|
            File.utime(entry.mtime, entry.mtime, BytePath.join(directory, entry.path)) if entry.file?
          end
        end

        # The kernel copies, or shares blocks where the file system can.
        def copy(directory)
          tree = Tree.new(@source.product_path(FOLDER))
          tree.directories.each { |path| Dir.mkdir(BytePath.join(directory, path), 0o700) }
          tree.files.each { |path| copy_file(tree.absolute(path), BytePath.join(directory, path)) }
        end

        def copy_file(from, to)
          stat = File.lstat(from)
          unless stat.file?
            raise Error.new("#{Printable.name(from)} is no file: nothing else is in a backup", path: from)
          end

          File.open(to, File::WRONLY | File::CREAT | File::EXCL, 0o600) { |file| IO.copy_stream(from, file) }
          File.utime(stat.mtime, stat.mtime, to)
        end
      end
    end
  end
end
