# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What GitLab takes for true and for false in a variable. All else is neither: a flag's default.
      module BooleanWords
        YES = /\A(?:true|t|yes|y|1|on)\z/i
        NO = /\A(?:false|f|no|n|0|off)\z/i

        # text: String in whatever encoding, or nil.
        def self.true?(text)
          text.to_s.scrub.match?(YES)
        end

        def self.false?(text)
          text.to_s.scrub.match?(NO)
        end
      end
    end
  end
end
