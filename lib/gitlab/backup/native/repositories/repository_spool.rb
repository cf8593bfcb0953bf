# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # A queue of RepositoryJobs in a file without a name, one line each. It parts
      # the reading of the database (seconds) from the backup (hours), so that no
      # snapshot stays open, and the number of jobs costs no memory. The file is what
      # gitaly-backup reads as its standard input.
      class RepositorySpool
        # {storage name => number of jobs}
        attr_reader :counts

        # directory: where the file is made. Raises Error.
        def initialize(directory)
          @file = Scratch.open(directory)
          @directory = directory
          @counts = Hash.new(0)
          @lock = Mutex.new
        end

        # Adds a job at the end. Raises Error when the disk is full.
        def push(job)
          @file.write(job.to_line)
          @counts[job.storage_name] += 1
        rescue SystemCallError => e
          raise Failure.of("write a list of repositories in", @directory, e)
        end

        # Number of jobs pushed.
        def size
          @counts.values.sum
        end

        def empty?
          size.zero?
        end

        # Ends the pushing. Returns the file, at its beginning. Raises Error.
        def rewind
          @file.flush
          @file.rewind
          @file
        rescue SystemCallError => e
          raise Failure.of("write a list of repositories in", @directory, e)
        end

        # The next RepositoryJob, nil at the end; any thread may ask.
        def shift
          line = @lock.synchronize { @file.gets }
          line && RepositoryJob.parse(line)
        end

        def close
          @file.close
        end
      end
    end
  end
end
