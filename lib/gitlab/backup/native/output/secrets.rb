# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The passwords, keys and tokens of an instance, so that no line shows one, whoever it is
      # quoted by.
      class Secrets
        MASK = "[FILTERED]"
        # Names whose values are secret, in the configuration and among the variables.
        NAMES = /passw|secret|token|credential|(?:\A|_)key(?:\z|_id|_string|_base)/i
        # Shorter ones would hide half of every line.
        LEAST_SIZE = 4

        def self.none
          new([])
        end

        # Those of the configuration (what cannot be read has no secret to tell) and of the
        # variables.
        def self.of(instance)
          new([*instance.secrets(NAMES), *passwords(instance),
               *instance.variables.select { |name, _| name.match?(NAMES) }.values])
        end

        def self.passwords(instance)
          instance.databases.map { |database| database.connection_params[:password] }
        rescue Error
          []
        end
        private_class_method :passwords

        # values: Strings and nils
        def initialize(values)
          secret = values.compact.map { |value| utf8(value) }.uniq.reject { |value| harmless?(value) }
          @pattern = Regexp.union(secret.sort_by { |value| -value.size }) unless secret.empty?
        end

        # Returns the text with each secret replaced.
        def hide(text)
          @pattern ? utf8(text).gsub(@pattern, MASK) : text
        end

        def inspect
          "#<#{self.class}>"
        end

        private

        def utf8(text)
          text.dup.force_encoding(Encoding::UTF_8).scrub
        end

        # Where a secret lies ("/etc/…") is none, and whether there is one is none either. Keys of
        # S3 may begin with a slash, too.
        def harmless?(value)
          value.size < LEAST_SIZE || %w[true false].include?(value) || (value.start_with?("/") && path?(value))
        end

        def path?(value)
          File.exist?(value)
        rescue ArgumentError
          false # there is a NUL in it
        end
      end
    end
  end
end
