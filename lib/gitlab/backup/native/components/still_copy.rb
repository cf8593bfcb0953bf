# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # STRATEGY=copy: a copy of a folder beside the backup that grows, so that what is archived
      # does not change meanwhile. Where the file system shares blocks, it takes no room.
      class StillCopy
        # As many as a command line surely holds.
        NAMES = 500
        COPY = %w[cp --archive --reflink=auto].freeze
        # The archive leaves it out at any depth, and only root may look into it.
        LOST_FOUND = "lost+found"
        IGNORED = %r{cp: .*/#{Regexp.escape(LOST_FOUND)}'?.*: Permission denied\z}
        VANISHED = /cp: .*: No such file or directory\z/
        REPLACED = /cp: skipping file .*, as it was replaced while being copied\z/

        # Yields the copy's absolute path; it is removed however the block ends. source: absolute
        # path of the folder; exclude: names at its top that are left out; job: ComponentJob.
        # Returns the block's value. Raises Error.
        def self.open(source, exclude:, job:)
          WorkDirectory.open(File.dirname(job.directory), backup_id: job.backup_id) do |work|
            target = File.join(work.path, "copy")
            new(source, target, exclude: exclude, monitor: job.monitor).call
            yield target
          end
        end

        def initialize(source, target, exclude:, monitor:)
          @source = source
          @target = target
          @exclude = [LOST_FOUND, *exclude]
          @monitor = monitor
        end

        # Copies twice if files vanished under the first: the second takes what is there by then.
        def call
          Dir.mkdir(@target, 0o700)
          return take_over if copy.empty?

          @monitor.info("Warning: files vanished during copying, retrying...")
          tell(copy("--update"))
          take_over
        rescue SystemCallError => e
          raise Failure.of("copy", @source, e)
        end

        private

        # Returns the complaints about what vanished or was replaced. Raises Error for any other.
        def copy(*options)
          names = Dir.children(@source, encoding: Encoding::BINARY) - @exclude.map(&:b)
          names.each_slice(NAMES).flat_map { |some| copy_some(some, options) }
        end

        def copy_some(names, options)
          paths = names.map { |name| File.join(@source.b, name) }
          command = [*COPY, *options, "--target-directory=#{@target}", "--", *paths]
          _, errors, status = Child.capture(command, env: { "LC_ALL" => "C" })
          lines = errors.b.split("\n").grep_v(IGNORED)
          serious = lines.find { |line| !VANISHED.match?(line) && !REPLACED.match?(line) }
          raise complaint(serious || status.to_s) if serious || (!status.success? && errors.empty?)

          lines
        end

        def complaint(line)
          Error.new("cannot copy #{@source} for STRATEGY=copy: #{Printable.line(line)}: mend that, or go without " \
                    "STRATEGY, as the archive does not need the copy", path: @source)
        end

        # Files that come and go all the time are in neither copy.
        def tell(lines)
          return if lines.empty?

          @monitor.warn("#{@source}: #{Units.count(lines.size, "file")} vanished or changed while being copied: " \
                        "#{Printable.line(lines.first)}")
        end

        # What the folder itself is like goes into the archive as well.
        def take_over
          stat = File.stat(@source)
          File.chown(stat.uid, stat.gid, @target) if Process.euid.zero?
          File.chmod(stat.mode & 0o7777, @target)
          File.utime(stat.atime, stat.mtime, @target)
        end
      end
    end
  end
end
