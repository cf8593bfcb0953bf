# frozen_string_literal: true

require "fileutils"
require "tmpdir"

module Gitlab
  module Backup
    module Native
      # A private folder for those members of a tar that have to be files of their own for the moment. It is made when
      # the first is needed, and goes with #close, or at the latest with this process.
      class TarFolder
        PREFIX = "restore"

        # base: the backup path. Where we may not write to it, the folder lies where temporary files do.
        def initialize(base, backup_id:)
          @base = base
          @backup_id = backup_id
        end

        # Absolute path. Raises Error.
        def path
          @path ||= make
        end

        # Makes the file `relative` with the content of that Place, unless it is there, and the folders it lies in.
        # Returns its absolute path. Raises Error.
        def file(relative, place)
          target = BytePath.join(path, relative)
          File.file?(target) ? target : copy(place, target)
        end

        # Makes the folder `relative`, and those it lies in. Raises Error.
        def directory(relative)
          target = BytePath.join(path, relative)
          return if File.directory?(target)

          directory(File.dirname(relative))
          Dir.mkdir(target, 0o700)
          owner.own(target)
        rescue SystemCallError => e
          raise Failure.of("make the folder", target, e)
        end

        # Bytes that may be written there, nil when nobody knows.
        def space
          FreeSpace.bytes(parent)
        end

        # The folder it lies in, or would.
        def parent
          File.writable?(@base) ? @base : Dir.tmpdir
        end

        # Removes it with all that is in it. Never raises.
        def close
          ObjectSpace.undefine_finalizer(self)
          @work&.remove
          @path = @work = @last_parent = nil
        end

        private

        # A work directory: should we be killed, the next run clears it.
        def make
          Signals.defer do
            @work = WorkDirectory.create(parent, backup_id: @backup_id, prefix: PREFIX)
            ObjectSpace.define_finalizer(self, self.class.send(:remover, @work.path, Process.pid))
            @work.path
          end
        end

        # Without a reference to the TarFolder, which would never be collected.
        def self.remover(path, pid)
          ->(*) { FileUtils.remove_entry(path, true) if Process.pid == pid && File.directory?(path) }
        end
        private_class_method :remover

        # GitLab's programs read it as GitLab's user.
        def owner
          @owner ||= Owner.of(parent)
        end

        def copy(place, target)
          make_parent(target)
          File.open(target, File::WRONLY | File::CREAT | File::EXCL, 0o600) do |file|
            write(place, file)
            owner.own_file(file)
          end
          target
        rescue SystemCallError => e
          raise Failure.of("unpack a member of #{Printable.name(place.path)} to", target, e)
        end

        # What lies in one folder mostly comes one after another.
        def make_parent(target)
          relative = File.dirname(target.delete_prefix("#{path}/".b))
          return if relative == @last_parent

          directory(relative)
          @last_parent = relative
        end

        # The kernel copies: no byte of it passes through Ruby.
        def write(place, file)
          copied = place.size.positive? ? IO.copy_stream(place.path, file, place.size, place.offset) : 0
          raise place.cut_off unless copied == place.size
        end
      end
    end
  end
end
