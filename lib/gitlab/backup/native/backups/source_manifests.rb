# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Which manifests of a backup can be relied on: those that belong to it, and are as its list of checksums says.
      class SourceManifests
        # Some six million lines.
        MAX_CHECKSUM_BYTES = 1024 * 1024 * 1024

        # source: BackupSource; reporter gets a warning for each manifest that cannot be used, or is nil. below: folder
        # ("manifest/") of which alone #checksums is to know.
        def initialize(source, reporter, below: "")
          @source = source
          @reporter = reporter
          @below = below
          @paths = {}
        end

        # Absolute path of the manifest of that name, nil when there is none that fits. Raises Error as #checksums does.
        def path(name)
          found = find(name)
          found unless found && Manifest.new(found).inner?
        end

        # The same of one that speaks of what is in the product (Manifest#inner?).
        def inner_path(name)
          found = find(name)
          found if found && Manifest.new(found).inner?
        end

        # RowIndex of the database with that name, nil when there is none that fits.
        def row_index(database)
          relative = RowIndex.path(database)
          return unless path("db-#{database}") && @source.product?(relative)
          return if @source.place(relative).size > RowIndex::MAX_BYTES || checksums[relative.b] != digest(relative)

          RowIndex.parse(File.binread(@source.product_path(relative)))
        rescue SystemCallError
          nil
        end

        # {relative path (binary) => SHA-256 in hex}, nil without a list that can be trusted. Raises Error when it
        # cannot be read for want of descriptors or memory.
        def checksums
          return @checksums if defined?(@checksums)

          @checksums = read_checksums
        end

        private

        def find(name)
          @paths.fetch(name) { @paths[name] = usable("manifest/#{name}.msgpack") }
        end

        def usable(relative)
          return tell_once("do not belong to it and are not used") unless @source.ours?
          return tell_once("are not used: #{Checksums::NAME} is missing or was changed") unless checksums

          reason = objection(relative)
          return @source.product_path(relative) unless reason

          @reporter&.warning("#{relative} of #{Printable.name(@source.id)} is not used: #{reason}")
          nil
        end

        # One line for all of them, of a folder that was renamed as well, or holds another backup's
        # manifests. A foreign backup has none, and that needs no line.
        def tell_once(reason)
          return if @told || !@source.folder?("manifest")

          @told = true
          @reporter&.warning("the manifests in #{Printable.name(@source.path)} #{reason}")
          nil
        end

        def objection(relative)
          return "it is missing" unless @source.product?(relative)
          return "it differs from #{Checksums::NAME}" unless checksums[relative.b] == digest(relative)

          owner = Manifest.new(@source.product_path(relative)).header.backup_id
          "it belongs to another backup" unless owner == @source.id.b
        rescue Error => e
          raise if Shortage.of?(e) # that says nothing about the manifest

          e.message
        end

        def digest(relative)
          absolute = @source.product_path(relative)
          Digests.of([absolute], workers: 1, sync: false).fetch(absolute)
        end

        def read_checksums
          place = @source.place(Checksums::NAME)
          Checksums.parse(place.head(MAX_CHECKSUM_BYTES), below: @below) if place && place.size <= MAX_CHECKSUM_BYTES
        rescue SystemCallError => e
          raise Failure.of("read", @source.product_path(Checksums::NAME), e) if Shortage.of?(e)
        end
      end
    end
  end
end
