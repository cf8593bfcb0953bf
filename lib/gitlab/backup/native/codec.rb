# frozen_string_literal: true

require_relative "extension"

module Gitlab
  module Backup
    module Native
      # The gzip codecs of this build.
      module Codec
        # Names, best first: `["isal", "zlib"]`, or `["zlib"]` in a build without ISA-L.
        def self.names
          _names
        end

        # The codec to use: `GBN_CODEC` of the environment, else the best one.
        # Raises Error when this build lacks it.
        def self.default(environment = ENV)
          name = environment["GBN_CODEC"].to_s
          return names.first if name.empty?
          return name if names.include?(name)

          raise Error, "GBN_CODEC=#{name}: this build has #{names.join(" and ")}"
        end
      end
    end
  end
end
