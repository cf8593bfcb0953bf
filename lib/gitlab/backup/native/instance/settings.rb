# frozen_string_literal: true

require_relative "../error"

module Gitlab
  module Backup
    module Native
      class Instance
        # A mapping of a configuration file, asked for by path of keys, with its types
        # checked. Keys may be text or symbols in the file. A key that is missing, nil
        # or blank counts as not set.
        class Settings
          # file: path for messages; at: where in the file the mapping stands ("production")
          def initialize(values, file:, at:)
            @values = values
            @file = file
            @at = at
          end

          # String: path of the file; String or nil: where in it the mapping stands ("production.main")
          attr_reader :file, :at

          # Returns the mapping below keys as Settings, an empty one when not set.
          # Raises Error when something else stands there.
          def section(*keys)
            value = value_at(keys)
            refuse(keys, value, "a mapping") unless value.nil? || value.is_a?(Hash)
            Settings.new(value || {}, file: @file, at: [@at, *keys].compact.join("."))
          end

          # Returns the text (numbers as text) or nil. Raises Error on lists, mappings, booleans.
          def text(*keys)
            value = value_at(keys)
            refuse(keys, value, "a text") if [Hash, Array, TrueClass, FalseClass].include?(value.class)
            value.to_s.strip.empty? ? nil : value.to_s
          end

          # Returns true or false, `default` when not set. Raises Error on anything else.
          def flag(*keys, default: false)
            value = value_at(keys)
            word = value.to_s.strip
            return default if word.empty?
            return true if BooleanWords.true?(word)

            BooleanWords.false?(word) ? false : refuse(keys, value, "true or false")
          end

          # Returns an Integer >= 0, `default` when not set. Text is taken as a number of
          # `base`. Raises Error on anything else.
          def number(*keys, default: nil, base: 10)
            value = value_at(keys)
            return default if value.nil? || value.to_s.strip.empty?

            number = value.is_a?(String) ? Integer(value, base, exception: false) : value
            return number if number.is_a?(Integer) && !number.negative?

            refuse(keys, value, "a whole number")
          end

          # Returns [String]
          def keys
            @values.keys.map(&:to_s)
          end

          # Returns the mapping below keys as a Hash, its keys as symbols at all depths, empty
          # when not set or blank. Raises Error when something else stands there.
          def tree(*keys)
            value = value_at(keys)
            return {} if value.nil? || value == false || value.to_s.strip.empty?

            value.is_a?(Hash) ? symbolized(value) : refuse(keys, value, "a mapping")
          end

          # Returns [String]: the texts whose key matches, at any depth.
          def texts_named(pattern)
            texts_in(@values, pattern)
          end

          # True if the mapping has that key, whatever its value.
          def key?(key)
            @values.key?(key) || @values.key?(key.to_sym)
          end

          def inspect
            "#<#{self.class} #{@file} #{@at}>" # the values may hold secrets
          end

          private

          def symbolized(value)
            case value
            when Hash then value.to_h { |key, inner| [key.to_sym, symbolized(inner)] }
            when Array then value.map { |inner| symbolized(inner) }
            else value
            end
          end

          def texts_in(value, pattern, wanted: false)
            case value
            when Hash then value.flat_map { |key, inner| texts_in(inner, pattern, wanted: key.to_s.match?(pattern)) }
            when Array then value.flat_map { |inner| texts_in(inner, pattern, wanted: wanted) }
            else wanted && value.is_a?(String) ? [value] : []
            end
          end

          def value_at(keys)
            keys.each_with_index.inject(@values) do |values, (key, depth)|
              refuse(keys.take(depth), values, "a mapping") unless values.nil? || values.is_a?(Hash)
              values&.fetch(key) { values[key.to_sym] }
            end
          end

          # Never quotes the value: it may be a secret in the wrong place.
          def refuse(keys, value, wanted)
            raise Error.new("#{@file}: #{[@at, *keys].compact.join(".")} is #{kind(value)}, " \
                            "#{wanted} belongs there", path: @file)
          end

          def kind(value)
            case value
            when Array then "a list"
            when Hash then "a mapping"
            when true, false then value.to_s
            when Integer, Float then "a number"
            else "a text"
            end
          end
        end
      end
    end
  end
end
