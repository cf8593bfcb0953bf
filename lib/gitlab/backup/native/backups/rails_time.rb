# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # A time in UTC that Psych writes as Rails writes its own: GitLab's loader permits
      # that class, and formats it in the zone that is named.
      class RailsTime
        TAG = "!ruby/object:ActiveSupport::TimeWithZone"
        ZONE_TAG = "!ruby/object:ActiveSupport::TimeZone"

        # The zone as Rails names it.
        class Zone
          def encode_with(coder)
            coder.tag = ZONE_TAG
            coder["name"] = "Etc/UTC"
          end
        end
        private_constant :Zone

        def initialize(time)
          @time = time.getutc
        end

        def encode_with(coder)
          coder.tag = TAG
          coder["utc"] = @time
          coder["zone"] = Zone.new
          # A copy: the same object twice would become an alias, which GitLab refuses.
          coder["time"] = @time.dup
        end
      end
    end
  end
end
