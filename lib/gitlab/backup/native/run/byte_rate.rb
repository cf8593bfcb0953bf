# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # A number of bytes a second, in the words of rsync's --bwlimit: 10M and 10MiB count 1024s, 10MB counts 1000s,
      # 512B single bytes, and a plain number KiB.
      module ByteRate
        FORM = /\A(?<number>\d{1,12}(?:\.\d{1,12})?)(?:(?<power>[kmgt])(?<unit>i?b)?|(?<bytes>b))?\z/i
        POWERS = { "k" => 1, "m" => 2, "g" => 3, "t" => 4 }.freeze
        WORDS = "a rate such as 500K, 10M or 1.5G (bytes a second; a plain number counts KiB, 0 is no limit)"

        # Returns an Integer, or nil for no limit. Raises ArgumentError with what would have been right.
        def self.parse(text)
          match = FORM.match(text.scrub)
          raise ArgumentError, WORDS unless match

          rate = (match[:number].to_r * unit(match)).ceil
          rate if rate.positive?
        end

        def self.unit(match)
          return 1 if match[:bytes]

          base = match[:unit].to_s.casecmp?("b") ? 1000 : 1024
          base**POWERS.fetch((match[:power] || "k").downcase)
        end
        private_class_method :unit
      end
    end
  end
end
