# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # A time in a zone that Psych writes as Rails writes its own: GitLab's loader permits
      # that class, and formats it in the zone that is named.
      class RailsTime
        TAG = "!ruby/object:ActiveSupport::TimeWithZone"
        ZONE_TAG = "!ruby/object:ActiveSupport::TimeZone"

        # A zone by its name in the time zone database, which is all Rails writes of it.
        Zone = Struct.new(:name) do
          def encode_with(coder)
            coder.tag = ZONE_TAG
            coder["name"] = name
          end
        end
        private_constant :Zone

        # time: Time with the zone's offset; zone: String, its name.
        def initialize(time, zone: TimeZone::UTC)
          @time = time
          @zone = zone
        end

        # Three times of which the last is the clock on the wall, called UTC. Never the same
        # object twice: it would become an alias, which GitLab refuses.
        def encode_with(coder)
          coder.tag = TAG
          coder["utc"] = @time.getutc
          coder["zone"] = Zone.new(@zone)
          coder["time"] = (@time + @time.utc_offset).getutc
        end

        # What Psych makes of those three without the tags, as [Time, String]; nil when it is
        # no such thing.
        def self.parse(content)
          utc, time, zone = content.values_at("utc", "time", "zone")
          zone = zone["name"] if zone.is_a?(Hash)
          return unless utc.is_a?(Time) && time.is_a?(Time) && zone.is_a?(String)

          [utc.getlocal(offset(utc, time)), zone]
        end

        # A wall clock is at most a day away; anything else is nonsense, and the moment counts.
        def self.offset(utc, time)
          seconds = (time - utc).round
          seconds.abs < 86_400 ? seconds : 0
        end
        private_class_method :offset
      end
    end
  end
end
