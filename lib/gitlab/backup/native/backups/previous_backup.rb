# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # An earlier backup as the next one sees it that takes over unchanged blocks. A look at sizes and at the list of
      # checksums has to do: each block is checked when it is taken.
      class PreviousBackup
        # Takes the place of a reporter, and keeps the last warning.
        Complaints = Struct.new(:last) do
          def warning(text) = self.last = text
        end
        private_constant :Complaints

        # source: BackupSource; base: the backup path; listed: who answers #summary, where there is one who reads less
        # for it.
        def initialize(source, base:, listed: source)
          @source = source.is_a?(TarSource) ? source : PrivateManifests.new(source, base)
          @listed = listed
          @complaints = Complaints.new
          @manifests = SourceManifests.new(@source, @complaints, below: "#{OuterTar::MANIFEST}/")
        end

        # String: its id. Raises Error.
        def id = @source.id

        # PreviousArchive of a Components::Files, nil when this backup holds none. Raises Error when it does, but
        # nothing can be taken from it.
        def archive(component)
          row = row(component.id) or return
          product = component.products.first
          place = place(product, row["stored"])
          manifest = manifest(component.id, product)
          PreviousArchive.new(id: id, manifest: manifest.path, place: place, generation: manifest.header.generation)
        rescue SystemCallError => e
          raise Failure.of("read", @source.path, e)
        end

        # Does it tell what is in it, as backups of ours do?
        def ours?
          !@listed.summary.nil?
        rescue Error, SystemCallError
          false
        end

        # To be called when no archive of it is read any more.
        def close
          @source.close
        end

        private

        def row(component)
          summary = @listed.summary or refuse("it has no #{Summary::NAME} that fits it")
          Summary.rows(summary).find { |row| row["id"] == component && row["status"] != "failed" }
        end

        def place(product, stored)
          place = @source.place(product) if @source.product?(product)
          refuse("#{product} is missing") unless place
          refuse("#{product} has #{place.size} bytes instead of #{stored}") unless place.size == stored

          place
        end

        # What COMPRESS_CMD has packed is not in blocks of ours.
        def manifest(name, product)
          path = @manifests.path(name) or refuse(@complaints.last || "#{product} was packed by COMPRESS_CMD")
          manifest = Manifest.new(path)
          refuse("#{path} is that of another file") unless manifest.fits?(backup_id: id, product: product)

          made_by = manifest.header.codec
          return manifest if made_by == Codec.default

          refuse("#{product} was packed by #{made_by}, and this one is by #{Codec.default}")
        end

        def refuse(reason)
          raise Error.new("nothing can be reused from the backup #{Printable.name(id)}: #{Printable.line(reason)}",
                          path: @source.path)
        end
      end
    end
  end
end
