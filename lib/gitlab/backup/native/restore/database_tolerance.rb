# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Which refusals are nothing to worry about: those GitLab's own restore does not mention. A role
      # or an extension that is not there, or belongs to somebody else, is usual after a move to
      # another server. Rows that are lost are not, whatever the reason.
      module DatabaseTolerance
        # undefined column, function, table, object (roles, settings); no such schema, no such database
        MISSING = %w[42703 42883 42P01 42704 3F000 3D000].freeze
        # must be owner of ..., must be able to SET ROLE ...
        PERMISSION = "42501"
        # What these verbs do is content (SELECT: the values of sequences).
        CONTENT = %w[COPY INSERT SELECT].freeze

        # sqlstate, verb: Strings. True if GitLab's own restore would not mention it either.
        def self.cover?(sqlstate, verb)
          return false if CONTENT.include?(verb)

          MISSING.include?(sqlstate) || (sqlstate == PERMISSION && verb != "CREATE")
        end
      end
    end
  end
end
