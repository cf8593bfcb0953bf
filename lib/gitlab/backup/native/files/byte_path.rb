# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Paths of parts from different places: gitlab.yml is UTF-8, what the disk, a manifest or a tar
      # says is bytes, and Ruby does not join the two where neither is ASCII.
      module BytePath
        # Returns the parts as one path (binary).
        def self.join(*parts)
          File.join(*parts.map(&:b))
        end
      end
    end
  end
end
