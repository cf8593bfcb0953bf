# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      class GitRestore
        # The old repositories of one file system, moved aside while new ones take their
        # places, in `<root>/+gbn/<restore id>` (no path of GitLab's begins with a plus):
        #
        #   old/<path>    what stood there before
        #   none/<path>   an empty folder: nothing stood there
        #   new/<number>  what is being made, and what is to be deleted
        #
        # One of the first two is there before a repository changes, and says so to whoever
        # comes later: an undo, or the next run after one that was killed.
        class Exchange
          FOLDER = "+gbn"

          # Absolute path: a storage, or a folder of one that is on another file system
          attr_reader :root

          # root: see above; restore_id: String
          def initialize(root, restore_id)
            @root = root
            @folder = File.join(root, FOLDER, restore_id)
            @lock = Mutex.new
            @folders = Folders.new
            @count = 0
          end

          # Makes an empty folder for a new repository, its owner and mode those of the root.
          # Returns its absolute path. Raises SystemCallError.
          def workplace
            number = @lock.synchronize { @count += 1 }
            path = File.join(@folder, "new", "#{Process.pid}-#{number}")
            remove(path) # a killed run may have had our number
            @folders.make(path)
            path
          end

          # Undoes half an exchange: a run was killed between its two renames. Raises SystemCallError.
          def recover(relative)
            return if @folders.exist?(target(relative)) || !@folders.exist?(aside("old", relative))

            @folders.make(File.dirname(target(relative)))
            File.rename(aside("old", relative), target(relative))
          end

          # Has the folder at `built` take the repository's place. Raises SystemCallError, and
          # then the old one is where it was.
          def put(relative, built)
            clear(relative)
            @folders.make(File.dirname(target(relative)))
            File.rename(built, target(relative))
          rescue SystemCallError
            give_back_one(relative)
            raise
          end

          # Moves the repository aside with nothing in its place. Raises SystemCallError.
          def take(relative)
            clear(relative)
            true
          end

          # True if the repository was exchanged, by this run or by one before it.
          def done?(relative)
            @folders.exist?(aside("old", relative)) || @folders.exist?(aside("none", relative))
          end

          # Puts everything back as it was. May be called again. Raises SystemCallError.
          def give_back
            each_done { |relative| give_back_one(relative) }
            remove(@folder)
            leave
          end

          # Yields the absolute path of each repository that took another's place.
          def each_placed
            each_done { |relative| yield target(relative) if @folders.exist?(target(relative)) }
          end

          # Deletes what was moved aside. The new must be on the disk by then. Raises Error.
          def settle
            remove(@folder)
            leave
          end

          # Deletes a workplace, with all in it. Raises SystemCallError.
          def remove(path)
            @folders.remove(path)
          end

          private

          def each_done(&block)
            %w[old none].each { |kind| @folders.each(File.join(@folder, kind), RepositoryPath::ENDING, &block) }
          end

          def clear(relative)
            unless RepositoryPath.valid?(relative)
              raise Error.new("#{Printable.name(relative)} is no name of a repository", status: :repository)
            end
            return discard(relative) if done?(relative)
            return @folders.make(aside("none", relative)) unless @folders.exist?(target(relative))

            @folders.make(File.dirname(aside("old", relative)))
            File.rename(target(relative), aside("old", relative))
          end

          def give_back_one(relative)
            return unless done?(relative)

            discard(relative)
            return Dir.rmdir(aside("none", relative)) if @folders.exist?(aside("none", relative))

            @folders.make(File.dirname(target(relative)))
            File.rename(aside("old", relative), target(relative))
          end

          # It is gone at once, and deleted by and by.
          def discard(relative)
            return unless @folders.exist?(target(relative))

            place = workplace
            File.rename(target(relative), File.join(place, "discarded"))
            remove(place)
          end

          def target(relative)
            File.join(@root, relative)
          end

          def aside(kind, relative)
            File.join(@folder, kind, relative)
          end

          # Others may have theirs in it.
          def leave
            Dir.rmdir(File.dirname(@folder))
          rescue Errno::ENOENT, Errno::ENOTEMPTY
            nil
          end
        end
      end
    end
  end
end
