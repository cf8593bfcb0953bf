# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Whether a backup still is what was published, by its `manifest/SHA256SUMS`.
      class Integrity
        # backup is a BackupDirectory; workers how many files are read at a time.
        def initialize(backup, workers:)
          @backup = backup
          @workers = workers
        end

        # False for a backup that nothing is known of: another tool made it.
        def checkable?
          File.exist?(absolute(Checksums::NAME)) || !@backup.summary.nil?
        end

        # String of what differs (one file, or the list itself), nil when all is well or
        # a foreign backup has no list. Raises Error for a file that cannot be read.
        # Blocks until every file is read.
        def complaint
          return missing_list unless File.exist?(absolute(Checksums::NAME))

          sums = Checksums.parse(File.binread(absolute(Checksums::NAME)))
          sums ? first_difference(sums) : "#{Checksums::NAME} itself was changed"
        rescue SystemCallError => e
          raise Failure.of("read", absolute(Checksums::NAME), e)
        end

        private

        def missing_list
          "#{Checksums::NAME} is missing" if @backup.summary
        end

        def first_difference(sums)
          missing = sums.keys.find { |path| !File.file?(absolute(path)) }
          return "#{Printable.name(missing)} is missing" if missing

          found = digests(sums.keys)
          different = sums.keys.find { |path| found.fetch(absolute(path)) != sums.fetch(path) }
          "#{Printable.name(different)} differs from #{Checksums::NAME}" if different
        end

        def digests(paths)
          paths.empty? ? {} : Digests.of(paths.map { |path| absolute(path) }, workers: @workers, sync: false)
        end

        # Names are bytes; the folder's may be of another encoding.
        def absolute(path)
          "#{@backup.path.b}/".b << path.b
        end
      end
    end
  end
end
