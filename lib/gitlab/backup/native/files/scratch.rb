# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Temporary files that leave nothing behind, however we end: they never have a name. Where the file system cannot
      # make such a file it has one for a moment; who is killed in it leaves an empty file.
      module Scratch
        # Answers of file systems, and of kernels, that have no files without a name.
        NAMED = [Errno::EOPNOTSUPP, Errno::EISDIR, Errno::EINVAL, Errno::ENOENT].freeze

        # directory: String, where the space is taken. Returns a private, binary File,
        # open for reading and writing; it is gone when it is closed. Raises Error.
        def self.open(directory)
          nameless(directory).binmode
        rescue SystemCallError => e
          raise Failure.of("make a temporary file in", directory, e)
        end

        def self.nameless(directory)
          File.open(directory, File::RDWR | File::TMPFILE, 0o600)
        rescue *NAMED
          path = File.join(directory, ".gbn-scratch-#{Process.pid}-#{Thread.current.object_id}")
          File.open(path, File::RDWR | File::CREAT | File::EXCL, 0o600).tap { File.unlink(path) }
        end
        private_class_method :nameless
      end
    end
  end
end
