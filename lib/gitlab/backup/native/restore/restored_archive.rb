# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The archive of a file component, as a restore reads it: where it lies in the backup, or, with DECOMPRESS_CMD,
      # what that command makes of it.
      class RestoredArchive
        # component: Components::Files; job: RestoreJob.
        def initialize(component, job)
          @component = component
          @job = job
        end

        # Place of the product, nil when the backup has none.
        def place
          @place ||= @job.source.place(@component.products.first)
        end

        # ArchiveSize, or ArchiveSize::Unknown. Raises Error.
        def size
          @size ||= measure
        end

        # Absolute path of the manifest that fits what is extracted, nil without one.
        def manifest
          command ? inner_manifest : @job.source.manifest_path(@component.id)
        end

        # Bytes of the tar that DECOMPRESS_CMD makes in the backup path, for as long as this archive is read; 0 without
        # the command.
        def passing_bytes
          command ? size.raw || size.bytes : 0
        end

        # Yields the Place of the archive. The command has ended by then, so that what it cannot read costs nothing.
        # Returns the block's value. Raises Error.
        def open(&block)
          return yield(place) unless command

          @job.monitor.info(command.announcement)
          Decompression.to_file(place, command, @job.before_path("#{@component.id}.tar"), &block)
        end

        private

        # COMPRESS_CMD may have made a gzip file, too.
        def measure
          return command ? ArchiveSize::Unknown.new(place.size) : ArchiveSize.new(place, manifest) unless inner_manifest

          place.check_gzip unless command
          ArchiveSize.new(place, inner_manifest)
        end

        def inner_manifest
          @job.source.inner_manifest_path(@component.id)
        end

        def command
          return @command if defined?(@command)

          @command = @job.decompression(place, manifest: @component.id)
        end
      end
    end
  end
end
