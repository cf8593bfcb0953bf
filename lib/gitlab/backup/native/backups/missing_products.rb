# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What was in a backup of ours by its list of checksums, or its summary where there is no such list, and is no
      # longer there.
      class MissingProducts
        # source: BackupSource
        def initialize(source)
          @source = source
        end

        # {component id => String: what is missing}, {} for a backup that nothing is known of. Raises Error.
        def call
          return {} unless @source.ours?

          listed.to_h { |id, names| [id, reason(names, @source.absent(names))] }.compact
        end

        private

        def listed
          names = @source.checksums&.keys || summed_up
          names.group_by { |name| name[%r{\A[^/.]+}] }.slice(*Component::IDS)
        end

        def summed_up
          rows = Summary.rows(@source.summary).select { |row| row["files"].to_i.positive? }
          rows.flat_map { |row| Array(row["products"]).grep(String) }
        end

        def reason(names, missing)
          first = Printable.name(missing.first) if missing.any?
          case missing.size
          when 0 then nil
          when 1 then "#{first} is missing"
          when names.size then "#{first[%r{\A[^/]+}]} is missing"
          else "#{first} and #{Units.count(missing.size - 1, "other file")} are missing"
          end
        end
      end
    end
  end
end
