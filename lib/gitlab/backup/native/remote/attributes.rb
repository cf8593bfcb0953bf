# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      module Remote
        # What goes with an archive, in the words of fog's file models. They are those of GitLab's
        # own upload for every provider: a model takes what it knows.
        module Attributes
          # settings: Settings; key: of the object; body: open File; chunk: bytes of a part.
          # Returns a Hash.
          def self.of(settings, key:, body:, chunk:)
            { key: key, body: body, multipart_chunk_size: chunk, storage_class: settings.storage_class }
              .compact.merge(access(settings.provider), Encryption.new(settings).attributes)
          end

          # Buckets of Google may be set to refuse everything about access that comes with an object.
          def self.access(provider)
            provider.casecmp?("Google") ? {} : { public: false }
          end
          private_class_method :access
        end
      end
    end
  end
end
