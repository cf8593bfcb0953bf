# frozen_string_literal: true

require "json"

module Gitlab
  module Backup
    module Native
      # What runs that were killed have left in the backup path: work directories whose
      # `.owner` nobody holds, and folders whose removal had begun. Nothing else is touched.
      class Leftovers
        WORK_PREFIXES = [WorkDirectory::PREFIX, "restore"].freeze
        # A whole name as WorkDirectory makes them.
        WORK_NAME = /\A(?:#{WORK_PREFIXES.join("|")})\d{8}-(?<pid>\d+)-[a-z\d]{6}\z/

        def initialize(base, reporter)
          @base = base
          @reporter = reporter
        end

        # Removes them, with a line each. Never raises: a leftover is no reason not to back up.
        def clear
          Dir.children(@base, encoding: Encoding::UTF_8).sort_by(&:b).each { |name| look_at(name) if directory?(name) }
        end

        # True if `path` is a work directory of ours, whoever holds it.
        def self.work_directory?(path)
          File.lstat(path).directory? && ours?(path)
        rescue SystemCallError
          false
        end

        # True if its maker lives (or cannot be told from one who does).
        def self.held?(path)
          File.open(owner_path(path), File::RDONLY | File::NOFOLLOW) { |file| !file.flock(File::LOCK_SH | File::LOCK_NB) }
        rescue Errno::EACCES
          true
        rescue SystemCallError
          false
        end

        # The `.owner` file's content, or nil if it is not one of ours.
        def self.owner(path)
          content = JSON.parse(File.read(owner_path(path), 4096), max_nesting: 1)
          content if content.is_a?(Hash) && content["tool"] == WorkDirectory::TOOL
        rescue SystemCallError, JSON::ParserError, TypeError, EncodingError
          nil
        end

        # A maker killed before its first write leaves an empty file in an otherwise empty folder.
        def self.ours?(path)
          File.lstat(owner_path(path)).file? && (owner(path) || empty?(path)) && true
        end

        def self.empty?(path)
          File.empty?(owner_path(path)) && Dir.children(path) == [WorkDirectory::OWNER_NAME]
        end

        def self.owner_path(path)
          File.join(path, WorkDirectory::OWNER_NAME)
        end
        private_class_method :ours?, :empty?, :owner_path

        private

        def directory?(name)
          File.lstat(path(name)).directory?
        rescue SystemCallError
          false
        end

        def path(name)
          File.join(@base, name)
        end

        def look_at(name)
          if name.start_with?(Removal::PREFIX) then attempt(name) { Removal.new(@base).finish(name) }
          elsif name.start_with?(StagedExchange::PREFIX) then complete(name)
          elsif name.start_with?(*WORK_PREFIXES) then clear_work(name)
          elsif name.end_with?(Journal::SUFFIX) then clear_unwritten(name)
          else unmark(name)
          end
        end

        # A complete backup without a tar, which takes the place of the one that lay there.
        def complete(name)
          StagedExchange.new(@base, name).finish
          @reporter.info("Completed the staged backup in #{Printable.name(@base)}, of a run that was broken off")
        rescue Error => e
          @reporter.warning("#{e.message}; the next run tries again with #{Printable.name(path(name))}")
        end

        def clear_work(name)
          return if name.match?(WORK_NAME) && unclaimed?(name)

          with_free_owner(name) { attempt(name) { Removal.new(@base).call(name) } }
        end

        # Removes it if its maker was killed before it could claim it. One that lives on another machine makes itself
        # another.
        def unclaimed?(name)
          maker = PidHolder.new(name[WORK_NAME, :pid].to_i, written_at: File.lstat(path(name)).mtime)
          !maker.alive? && Dir.rmdir(path(name)).zero?
        rescue SystemCallError
          false
        end

        # A restore that was killed before it had written down anything, and so before it did anything.
        def clear_unwritten(name)
          attempt(name) { Removal.new(@base).call(name) } if (Dir.children(path(name)) - ["#{Journal::NAME}.new"]).empty?
        rescue SystemCallError => e
          @reporter.warning("cannot look at #{Printable.name(path(name))}: #{Failure.plain(e)}")
        end

        # A run that was killed between its rename and its last step: the backup is complete.
        def unmark(name)
          with_free_owner(name) { File.unlink(File.join(path(name), WorkDirectory::OWNER_NAME)) }
        end

        # Yields with the flock held, so that no maker can come to own what is being removed.
        def with_free_owner(name)
          return unless Leftovers.work_directory?(path(name))

          owner_file = File.join(path(name), WorkDirectory::OWNER_NAME)
          File.open(owner_file, File::RDONLY | File::NOFOLLOW) do |file|
            yield if file.flock(File::LOCK_EX | File::LOCK_NB) && File.identical?(owner_file, file)
          end
        rescue SystemCallError => e
          @reporter.warning("cannot look at #{Printable.name(path(name))}: #{Failure.plain(e)}")
        end

        def attempt(name)
          yield
          @reporter.info("Removed #{Printable.name(path(name))}, left over by a run that was broken off")
        rescue Error => e
          @reporter.warning("#{e.message}; it is left over by a run that was broken off: remove it by hand")
        end
      end
    end
  end
end
