# frozen_string_literal: true

require "uri"
require_relative "../error"

module Gitlab
  module Backup
    module Native
      # The key `url` of a database.yml entry, taken apart as Rails does.
      module DatabaseUrl
        PARSER = URI::RFC2396_Parser.new

        # settings: Instance::Settings of the entry. Returns a Hash with the keys of
        # database.yml ({} when there is no url). Raises Error for one that is no URL,
        # without quoting it: it may hold a password.
        def self.parse(settings)
          text = settings.text("url") or return {}
          url = URI.parse(text)
          query = URI.decode_www_form(url.query.to_s).to_h
          query.merge(parts(url)).reject { |_, value| value.to_s.empty? }
        rescue URI::Error, ArgumentError
          raise Error.new("#{settings.file}: a database's `url` is not a valid URL: write it as postgresql://USER:" \
                          "PASSWORD@HOST:PORT/NAME, special characters escaped (%40 for @)", path: settings.file)
        end

        def self.parts(url)
          { "username" => unescape(url.user), "password" => unescape(url.password),
            "host" => unescape(url.hostname), "port" => url.port&.to_s,
            "database" => unescape(url.path.to_s.delete_prefix("/")) }.compact
        end
        private_class_method :parts

        def self.unescape(text)
          text && PARSER.unescape(text)
        end
        private_class_method :unescape
      end
    end
  end
end
