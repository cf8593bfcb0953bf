# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Everything this gem raises on purpose. The message is one line for an
      # administrator: what failed, where, why and what to do.
      class Error < StandardError
        # Symbol by which a caller tells what may be done about it, or nil.
        #
        # The core's (gbn_error.h): `:system` (see errno), `:nomem`, `:cancelled`, `:invalid`, `:format`, `:limit`,
        # `:codec`, `:server`. Ours:
        #
        # `:repository`: one repository or its backup is broken, the others go on (repositories/).
        # `:unfit`: of this database only pg_dump's own dump can be made (dumps/).
        # `:stale`: not of this snapshot; a new one serves (dumps/).
        # `:locked`: not while somebody else holds a lock (dumps/).
        # `:untouched`: the database could not be cleaned, and nothing in it was dropped (DatabaseCleaner).
        # `:damaged`: a dump proved to be amid its load into databases that were empty (RestoredDump).
        attr_reader :status
        # Integer errno of the system call that failed, or nil.
        attr_reader :errno
        # String path the failure is about, or nil.
        attr_reader :path

        def initialize(message = nil, status: nil, errno: nil, path: nil)
          super(message)
          @status = status
          @errno = errno
          @path = path
        end
      end

      # Another backup or restore is running.
      class Busy < Error
        # Integer process id, or nil when nobody knows.
        attr_reader :pid

        def initialize(message = nil, pid: nil, **details)
          super(message, **details)
          @pid = pid
        end
      end

      # The work was called off: an interrupt, a timeout, a killed thread.
      class Cancelled < Error; end

      # Bytes that are not what they claim to be.
      class FormatError < Error; end

      # PostgreSQL refused, vanished or answered with an error.
      class DatabaseError < Error; end
    end
  end
end
