# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What keeps us from looking: a full TMPDIR, no memory, no descriptors, no permission. It says nothing about the
      # backup, and must never be told as damage: somebody would delete a good one.
      module Obstacle
        FORBIDDEN = [Errno::EACCES::Errno, Errno::EPERM::Errno].freeze

        # Runs the block and returns its value, nil if something has kept it from looking: what that was is noted in
        # the VerifiedPart, if nothing was before. Raises what is a mistake of ours.
        def self.noted(part)
          yield
        rescue Error, SystemCallError, IOError, NoMemoryError, ThreadError, LoadError => e
          words = Failure.line(e)
          raise unless words

          part.obstacle ||= words
          nil
        end

        # What an Error or SystemCallError about one repository, also git's words, tells of us, as an Error; nil when it
        # tells of the repository.
        def self.behind(error)
          return Error.new(Failure.line(error), errno: error.errno) if of?(error)

          lack = Shortage.told(error.message)
          Error.new(error.message, errno: lack) if lack
        end

        # The Error of a folder for temporary files, with what else may be done if that is at fault.
        def self.elsewhere(error)
          return error if Shortage::OWN.include?(error.errno)

          Error.new("#{error.message}: or name another folder with TMPDIR", errno: error.errno, path: error.path)
        end

        # Is this failure to read a file of the backup, an Error or SystemCallError, about us and not about the file?
        def self.of?(error)
          Shortage.of?(error) || FORBIDDEN.include?(error.errno) || library?(error)
        end

        # One that refuses has mostly no memory left, and looks at no file.
        def self.library?(error)
          error.is_a?(Error) && error.status == :codec
        end
        private_class_method :library?
      end
    end
  end
end
