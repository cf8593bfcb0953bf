# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Whether each file of a backup is there and is the one that was published, by `manifest/SHA256SUMS`; those that
      # others have looked at are not read again.
      class ChecksumsCheck
        # Files hashed at a time, between two figures of progress.
        SLICE = 500

        # source: BackupSource; except: paths of files whose content is somebody else's to look at.
        def initialize(source, workers:, except: [])
          @source = source
          @workers = workers
          @except = except.map(&:b)
        end

        # Returns a VerifiedPart; damages name files. Raises nothing for what is wrong with one file.
        def call(monitor)
          sums = @source.checksums
          return no_list unless sums

          @part = VerifiedPart.new
          Obstacle.noted(@part) { look(sums, monitor) }
          @part
        end

        private

        def look(sums, monitor)
          there, missing = sums.keys.partition { |path| @source.product?(path) }
          lose(missing)
          (there - @except).each_slice(SLICE) { |paths| compare(paths, sums, monitor) }
          unlisted(sums).each { |path| monitor.warn("#{Printable.name(path)} is not in #{Checksums::NAME}") }
        end

        def no_list
          return VerifiedPart.new(unproven: nobody_knows) unless marked?

          damage = VerifyDamage.new(kind: "checksum", file: Checksums::NAME, reason: "it is missing or was changed")
          VerifiedPart.new(damages: [damage, *incomplete])
        end

        def nobody_knows
          who = @source.losses.any? ? "they are lost, or another tool made it" : "another tool made it"
          "#{who}: nothing says what its files were"
        end

        # Ours, or claiming to be.
        def marked?
          @source.ours? || @source.product?(Summary::NAME) || @source.product?(Checksums::NAME)
        end

        # Without the list the summary has to do.
        def incomplete
          Completeness.new(@source.path, Summary.rows(@source.summary)).damages.map do |text|
            VerifyDamage.new(kind: "missing", file: Summary::NAME, reason: text)
          end
        end

        # A folder that went as a whole is one damage.
        def lose(paths)
          gone, single = paths.partition { |path| path.include?("/") && !@source.folder?(top(path)) }
          gone.group_by { |path| top(path) }.each do |folder, files|
            add("missing", folder, "the folder is not there, nor the #{Units.count(files.size, "file")} in it")
          end
          single.each { |path| add("missing", path, "it is not there") }
        end

        def top(path)
          path[%r{\A[^/]+}]
        end

        def add(kind, path, reason)
          @part.damages << VerifyDamage.new(kind: kind, file: path, reason: reason)
          @part.damage_count += 1
        end

        def compare(paths, sums, monitor)
          found = digests(paths)
          paths.each { |path| judge(path, sums.fetch(path), found[path]) }
          @part.raw = @part.stored += paths.sum { |path| size(path) }
          monitor.advance(raw: @part.raw, stored: @part.stored, entries: @part.good)
        end

        def judge(path, expected, found)
          return if found.nil?
          return @part.good += 1 if found == expected

          add("checksum", path, "it differs from #{Checksums::NAME}")
        end

        # {path => digest}; without those that cannot be read, which are damage if that is not our own fault.
        def digests(paths)
          absolute = paths.to_h { |path| [@source.product_path(path), path] }
          Digests.of(absolute.keys, workers: @workers, sync: false).transform_keys(absolute)
        rescue Error
          paths.size == 1 ? unreadable(paths.first) : paths.map { |path| digests([path]) }.reduce({}, :merge)
        end

        def unreadable(path)
          absolute = @source.product_path(path)
          Digests.of([absolute], workers: 1, sync: false).transform_keys { path }
        rescue Error => e
          Obstacle.of?(e) ? Obstacle.noted(@part) { raise e } : add("missing", path, e.message)
          {}
        end

        def size(path)
          File.size?(@source.product_path(path)).to_i
        end

        def unlisted(sums)
          @source.files - sums.keys - [Checksums::NAME.b]
        end
      end
    end
  end
end
