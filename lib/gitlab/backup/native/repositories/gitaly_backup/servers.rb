# frozen_string_literal: true

require "base64"
require "json"

module Gitlab
  module Backup
    module Native
      class GitalyBackup
        # Where gitaly-backup finds Gitaly, in GitLab's words.
        module Servers
          ADDRESS = /\A(?:tcp|unix|tls|dns):/

          # storages: [Storage]. Returns the variables GitLab adds; those the caller
          # has set already win. Holds the tokens. Raises Error for an address
          # missing or of an unknown kind.
          def self.environment(storages)
            servers = storages.to_h do |storage|
              [storage.name, { address: address(storage), token: storage.gitaly_token }]
            end
            Signals.defer { require "openssl" } # a tenth of a run's start, for those alone who have Gitaly
            {
              "SSL_CERT_FILE" => OpenSSL::X509::DEFAULT_CERT_FILE,
              "SSL_CERT_DIR" => OpenSSL::X509::DEFAULT_CERT_DIR,
              "GITALY_SERVERS" => Base64.strict_encode64(JSON.generate(servers))
            }.except(*ENV.keys)
          end

          def self.address(storage)
            address = storage.gitaly_address.to_s
            raise Error, RepositoryTools.no_address(storage) if address.empty?
            return address if ADDRESS.match?(address)

            raise Error, "Unsupported Gitaly address: \"#{address}\" does not use URL scheme " \
                         "'tcp' or 'unix' or 'tls' or 'dns'"
          end
          private_class_method :address
        end
      end
    end
  end
end
