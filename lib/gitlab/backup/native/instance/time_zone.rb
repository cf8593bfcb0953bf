# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # The zone GitLab tells times in: `gitlab.time_zone` of gitlab.yml, by its name in the
      # time zone database ("Europe/Berlin"), or by one of Rails' ("Eastern Time (US & Canada)")
      # where its list is at hand. Any other becomes UTC.
      class TimeZone
        UTC = "Etc/UTC"
        # Other spellings of it, as Rails takes them.
        UTC_NAMES = [nil, UTC, "UTC"].freeze

        # String: the zone's name, and the one that was asked for if there is none of that name
        attr_reader :name, :unknown

        # name: String, or nil for UTC.
        def initialize(name)
          @zone = UTC_NAMES.include?(name) ? nil : find(name)
          @name = @zone&.identifier || UTC
        end

        # The same moment as a Time in this zone.
        def local(time)
          return time.getutc unless @zone

          time.getlocal(@zone.period_for(time).observed_utc_offset)
        end

        private

        # It takes a while to load, and most instances are in UTC.
        def find(name)
          require "tzinfo"
          TZInfo::Timezone.get(name)
        rescue TZInfo::InvalidTimezoneIdentifier, TZInfo::DataSourceNotFound
          identifier = rails_zones[name]
          return TZInfo::Timezone.get(identifier) if identifier

          @unknown = name
          nil
        end

        # Rails is where GitLab is, as a rule; nothing else of it is needed.
        def rails_zones
          require "active_support/values/time_zone"
          ActiveSupport::TimeZone::MAPPING
        rescue LoadError
          {}
        end
      end
    end
  end
end
