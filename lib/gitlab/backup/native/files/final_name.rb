# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The last step of a file that grew elsewhere in the same file system: the name by which it is found. It is to be
      # whole, and on the disk, by then.
      module FinalName
        # Gives the file at `path` the name `target`. With replace: true it takes the place of a file there is, as a
        # whole or not at all; otherwise the name must be free. Raises Error.
        def self.give(path, target, replace: false)
          Signals.defer do
            replace ? File.rename(path, target) : link(path, target)
            Durable.sync_folder(File.dirname(target))
          end
        rescue SystemCallError => e
          raise Failure.of("publish", target, e)
        end

        # A link never replaces a file, a rename would; not every file system has links.
        def self.link(path, target)
          File.link(path, target)
        rescue Errno::EPERM, Errno::EOPNOTSUPP, Errno::ENOSYS
          raise Errno::EEXIST if File.exist?(target)

          File.rename(path, target)
        end
        private_class_method :link
      end
    end
  end
end
