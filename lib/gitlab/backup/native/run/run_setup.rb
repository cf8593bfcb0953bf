# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # What every run begins with, whether it backs up or restores.
      module RunSetup
        # Of all that is made: nobody else's business.
        UMASK = 0o077

        # needed: what the run comes to use; see Preloading.
        def self.call(needed)
          File.umask(UMASK)
          Preloading.call(needed)
          Descriptors.raise_limit
        end
      end
    end
  end
end
