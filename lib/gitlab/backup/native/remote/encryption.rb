# frozen_string_literal: true

require "openssl"

module Gitlab
  module Backup
    module Native
      module Remote
        # How the provider is to encrypt an archive: with keys of its own (SSE-S3), of its key
        # service (SSE-KMS), or with ours (SSE-C). What `storage_options` says comes first.
        class Encryption
          PREFIX = "x-amz-server-side-encryption"

          # settings: Settings
          def initialize(settings)
            @settings = settings
          end

          # String or nil: "AES256", "aws:kms"
          def name
            server_side || @settings.encryption
          end

          # Hash for the file models of fog.
          def attributes
            return server_side_headers if server_side

            { encryption: @settings.encryption, encryption_key: @settings.encryption_key }.compact
          end

          # Hash of the request that makes the object.
          def headers
            return server_side_headers if server_side
            return {} unless @settings.encryption

            customer? ? customer_headers : { PREFIX => @settings.encryption }
          end

          # Hash of each request about its content: a customer's key is never kept there.
          def part_headers
            customer? ? customer_headers : {}
          end

          # String or nil: why an archive that looks as if it were to be encrypted is not.
          def doubt
            return "means nothing to #{@settings.provider}" if name && !aws?

            return if name || @settings.encryption_key.nil?

            "is not set, so encryption_key is of no use; write encryption: AES256"
          end

          def inspect
            "#<#{self.class}>" # the key is a secret
          end

          private

          def server_side
            @settings.server_side_encryption if aws?
          end

          # Of fog's models only its one knows encryption.
          def aws?
            @settings.provider.casecmp?("AWS")
          end

          def server_side_headers
            { PREFIX => server_side, "#{PREFIX}-aws-kms-key-id" => @settings.kms_key_id }.compact
          end

          def customer?
            server_side.nil? && !@settings.encryption.nil? && !@settings.encryption_key.nil?
          end

          def customer_headers
            key = @settings.encryption_key
            { "#{PREFIX}-customer-algorithm" => @settings.encryption,
              "#{PREFIX}-customer-key" => [key].pack("m0"),
              "#{PREFIX}-customer-key-md5" => OpenSSL::Digest.new("MD5").base64digest(key) }
          end
        end
      end
    end
  end
end
