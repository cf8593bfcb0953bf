# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What looking at one part of a backup came to. good: how many of its files (noun: or repositories, databases) are
      # good; raw, stored: bytes read; damages: the first VerifyDamages; damage_count: all of them; unproven: why that
      # is not the whole truth, or nil; obstacle: why some of it could not be looked at, one line, or nil.
      VerifiedPart = Struct.new(:good, :noun, :raw, :stored, :damages, :damage_count, :unproven, :obstacle,
                                keyword_init: true) do
        # damage_count: nil for as many as are listed.
        def initialize(good: 0, noun: "file", raw: 0, stored: 0, damages: [], damage_count: nil, unproven: nil,
                       obstacle: nil)
          super(good: good, noun: noun, raw: raw, stored: stored, damages: damages,
                damage_count: damage_count || damages.size, unproven: unproven, obstacle: obstacle)
        end

        def sound?
          damage_count.zero?
        end

        # Is there nothing to tell but the obstacle?
        def blank?
          !obstacle.nil? && sound? && good.zero?
        end

        # "1234 files are good"
        def good_words
          "#{good} #{good == 1 ? "#{noun} is" : "#{VerifiedPart::NOUNS.fetch(noun)} are"} good"
        end
      end

      # A noun's plural.
      VerifiedPart::NOUNS = { "file" => "files", "repository" => "repositories", "database" => "databases" }.freeze
    end
  end
end
