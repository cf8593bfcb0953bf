# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      module Remote
        # Which gem speaks to which provider, and the stores they make.
        module Provider
          # provider in lower case => the gem and what it is loaded by. Local needs none.
          GEMS = { "aws" => %w[fog-aws fog/aws], "google" => %w[fog-google fog/google],
                   "azurerm" => %w[gitlab-fog-azure-rm fog/azurerm], "aliyun" => %w[fog-aliyun fog/aliyun] }.freeze
          NAMES = "AWS, Google, AzureRM, Aliyun or Local"

          # Loads what the provider of the Settings needs. Raises Error when it is unknown or
          # its gem is not there.
          def self.load(settings)
            return if local?(settings)

            name, feature = GEMS[settings.provider.downcase] || unknown(settings)
            require feature
          rescue LoadError => e
            raise Error, "provider #{settings.provider} of backup.upload needs the gem #{name}, which this Ruby does " \
                         "not have (#{Printable.line(e.message)}): gem install #{name}", cause: nil
          end

          # Returns a store: LocalStore, S3Store or FogStore. Raises what fog raises.
          def self.open(settings, log:)
            return LocalStore.new(settings) if local?(settings)

            load(settings)
            service = Fog::Storage.new(settings.connection)
            return S3Store.new(service, settings: settings, log: log) if settings.provider.casecmp?("AWS")

            FogStore.new(service, settings: settings)
          end

          def self.local?(settings)
            settings.provider.casecmp?("Local")
          end

          def self.unknown(settings)
            settings.refuse("connection.provider is #{Printable.name(settings.provider)}", "write #{NAMES}")
          end
          private_class_method :unknown
        end
      end
    end
  end
end
