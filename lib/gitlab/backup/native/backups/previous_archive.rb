# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The archive of a component in an earlier backup, from which the next one takes what has not changed. id: of
      # that backup; manifest: absolute path; place: Place of the product; generation: Integer, 0 for one made in full.
      PreviousArchive = Struct.new(:id, :manifest, :place, :generation, keyword_init: true) do
        # `previous:` of Archive.
        def to_core
          { manifest: manifest, product: Section.to_core(place.path, **place.section) }
        end
      end
    end
  end
end
