# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      module Remote
        # A bucket or container of any other provider, by fog's models alone: each cuts what it
        # is given in its own way.
        class FogStore
          # service: Fog::Storage of a provider
          def initialize(service, settings:)
            @settings = settings
            @files = service.directories.new(key: settings.required_directory).files
          end

          # file: open File. Returns nil. Raises what fog raises, and Error. Blocks on the network.
          def put(file, key)
            chunk = PartSize.for(file.size, @settings.chunk)
            taken = @files.create(Attributes.of(@settings, key: key, body: file, chunk: chunk))
            raise Error, "#{@settings.provider} did not take it: #{Trouble::OTHERS}" unless taken
          end

          # Returns the object's Integer size, nil when there is none.
          def size(key)
            @files.head(key)&.content_length
          end

          # Writes its content to an IO.
          def copy(key, target)
            @files.get(key) { |piece, *| target.write(piece) }
          end
        end
      end
    end
  end
end
