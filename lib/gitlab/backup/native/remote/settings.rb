# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      module Remote
        # What gitlab.yml says below `backup.upload`. Keys may be text or symbols, at all
        # depths. Every reader raises Error, one line with file and key, never with a value.
        class Settings
          DEFAULT_CHUNK = 100 * 1024 * 1024
          # S3 refuses smaller parts; 0 is a single request of any size.
          LEAST_CHUNK = 5 * 1024 * 1024
          # An AES-256 key.
          KEY_BYTES = 32
          KEY_VARIABLE = "GITLAB_BACKUP_ENCRYPTION_KEY"

          # section: Instance::Settings of `backup.upload`; variables: Hash of the environment
          def initialize(section, variables: ENV)
            @section = section
            @variables = variables
          end

          # true if there is a connection, so that archives are uploaded.
          def configured?
            !connection.empty?
          end

          # Hash for Fog::Storage.new: symbols at all depths. It holds the credentials.
          def connection
            @connection ||= @section.tree("connection")
          end

          # String: "AWS"
          def provider
            value = connection[:provider].to_s.strip
            value.empty? ? refuse("connection.provider is not set", "write #{Provider::NAMES}") : value
          end

          # String or nil: bucket, container or folder
          def directory
            @section.text("remote_directory")
          end

          # The same; raises Error when it is not set.
          def required_directory
            directory || refuse("remote_directory is not set", "write the bucket's, container's or folder's name")
          end

          # Integer: bytes of one part, 0 for a single request
          def chunk
            chunk = @section.number("multipart_chunk_size", default: DEFAULT_CHUNK)
            return chunk if chunk.zero? || chunk >= LEAST_CHUNK

            refuse("multipart_chunk_size is #{chunk}", "S3 takes no less than #{LEAST_CHUNK}; " \
                                                       "0 sends the archive in one request")
          end

          # String or nil: "STANDARD_IA"
          def storage_class = @section.text("storage_class")

          # String or nil: "AES256"
          def encryption = @section.text("encryption")

          # String or nil: the key of SSE-C, 32 bytes. It is a secret.
          def encryption_key
            key = @section.text("encryption_key") || @variables[KEY_VARIABLE]
            return if key.to_s.empty?
            return key if key.bytesize == KEY_BYTES

            refuse("encryption_key has #{key.bytesize} bytes", "it has to have exactly #{KEY_BYTES} " \
                                                               "(#{KEY_VARIABLE} counts when it is not set here)")
          end

          # String or nil: "AES256" or "aws:kms"
          def server_side_encryption
            @section.text("storage_options", "server_side_encryption")
          end

          # String or nil: the key's name at the provider
          def kms_key_id
            @section.text("storage_options", "server_side_encryption_kms_key_id")
          end

          # Secrets: what no message may show.
          def secrets
            key = @section.text("encryption_key") || @variables[KEY_VARIABLE]
            Secrets.new([*@section.texts_named(Secrets::NAMES), key, key && [key].pack("m0")])
          end

          # Raises Error: "gitlab.yml: backup.upload.<reason>: <remedy>".
          def refuse(reason, remedy)
            raise Error.new("#{@section.file}: backup.upload.#{reason}: #{remedy}", path: @section.file)
          end

          def inspect
            "#<#{self.class}>" # the values hold secrets
          end
        end
      end
    end
  end
end
