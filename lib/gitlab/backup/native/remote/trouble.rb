# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      module Remote
        # What went wrong at a provider, as one line. The errors of Excon carry the whole request with
        # its signature and keys, so nothing of theirs is quoted but what is picked here.
        module Trouble
          REMEDIES = {
            "SignatureDoesNotMatch" => "check the secret key in backup.upload.connection",
            "InvalidAccessKeyId" => "check the access key in backup.upload.connection",
            "AccessDenied" => "check the rights of the access key on it",
            "NoSuchBucket" => "create it, or mend backup.upload.remote_directory",
            "RequestTimeTooSkewed" => "set this machine's clock",
            "BadDigest" => "the bytes were changed on their way: try again, and look at proxies",
            "PreconditionFailed" => "it was replaced meanwhile: try again",
            "InvalidStorageClass" => "mend backup.upload.storage_class",
            "AuthorizationHeaderMalformed" => "mend region in backup.upload.connection",
            "MissingContentLength" => "try aws_signature_version: 2 in backup.upload.connection",
            "NotImplemented" => "the store does not know a header that was sent: take encryption out of backup.upload"
          }.freeze
          # Where there is no code: providers other than S3, and S3's answers without content.
          STATUSES = { 401 => "check the keys in backup.upload.connection",
                       403 => "check the keys in backup.upload.connection, and their rights" }.freeze
          NETWORK = "check endpoint, host and region in backup.upload.connection, and the network"
          CERTIFICATE = "let SSL_CERT_FILE name the file of who signed it, or check endpoint and host in " \
                        "backup.upload.connection"
          OTHERS = "check backup.upload"
          # Of the words of others.
          MOST = 300

          # error: an Error, or what fog or a provider's library raised; secrets: Secrets. Returns
          # "reason: remedy".
          def self.text(error, secrets)
            own = own(error)
            return own.message if own

            reason, remedy = answer(error) || silence(error) || [line(error.message), OTHERS]
            secrets.hide("#{reason}: #{remedy}")
          end

          # String or nil: the provider's own word for it, "NoSuchBucket"
          def self.code(error)
            element(error, "Code")
          end

          # Excon takes what the body of a request raises for the socket's.
          def self.own(error)
            [error, (error.socket_error if error.respond_to?(:socket_error))].grep(Error).first
          end
          private_class_method :own

          # The provider said no.
          def self.answer(error)
            return unless error.respond_to?(:response) && error.response.respond_to?(:status)

            code = code(error)
            status = error.response.status
            words = [status, code].compact.join(" ")
            said = element(error, "Message")
            [said ? "#{words} (#{line(said)})" : words, REMEDIES[code] || STATUSES.fetch(status, OTHERS)]
          end
          private_class_method :answer

          # The provider said nothing.
          def self.silence(error)
            return unless defined?(::Excon)

            case error
            when Excon::Error::Timeout then ["no answer in time", NETWORK]
            when Excon::Error::Certificate then ["its certificate is not trusted", CERTIFICATE]
            when Excon::Error::Socket then [end_of_line(error) || line(error.message), NETWORK]
            end
          end
          private_class_method :silence

          def self.end_of_line(error)
            "the connection was cut" if error.socket_error.is_a?(EOFError)
          end
          private_class_method :end_of_line

          def self.element(error, name)
            return unless error.respond_to?(:response) && error.response.respond_to?(:body)

            error.response.body.to_s[%r{<#{name}>([^<]+)</#{name}>}, 1]
          end
          private_class_method :element

          def self.line(text)
            Printable.line(text.to_s.lines.first.to_s)[0, MOST]
          end
          private_class_method :line
        end
      end
    end
  end
end
