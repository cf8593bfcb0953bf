# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What reading a product back came to: good `files`, `directories` and all `entries`; `raw` and `stored` bytes
      # read; `sha256` of the product in hexadecimal (a Verification's only, and nil when the product is not as long
      # as its manifest says); `tail`, the last 256 raw bytes of a product that is no archive; `findings`, the first
      # 1,000; `counts`, all by kind.
      #
      # An Extraction's files are names: those and the further names of hard links alike, as a Product counts them. A
      # Verification's are contents.
      Unpacked = Struct.new(:files, :directories, :entries, :raw, :stored, :sha256, :tail, :findings, :counts,
                            keyword_init: true) do
        # values: what the extension returns, in the members' order.
        def self.from_core(values)
          unpacked = new(**members.zip(values).to_h)
          unpacked.findings.map! { |finding| Finding.new(*finding) }
          unpacked
        end

        # The Findings that are damage.
        def damages
          findings.reject(&:skipped?)
        end

        # How many there are in all.
        def damage_count
          counts.except("skipped").values.sum
        end

        # The Findings that tell of members nobody extracts: devices.
        def skipped
          findings.select(&:skipped?)
        end
      end

      # Something about a product that is not as it should be. kind: "block", "file", "header", "manifest", "product"
      # or "skipped"; path: bytes, as in the manifest, or nil; reason: words; offset and length: which bytes of the
      # product's file, nil when not known.
      Finding = Struct.new(:kind, :path, :reason, :offset, :length) do
        def skipped?
          kind == "skipped"
        end
      end
    end
  end
end
