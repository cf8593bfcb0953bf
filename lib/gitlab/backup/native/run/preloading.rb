# frozen_string_literal: true

module Gitlab
  module Backup
    module Native
      # Ruby loads a class when it is first named: too late when there are no descriptors
      # left, and a signal in the middle of it breaks RubyGems' lock.
      module Preloading
        # Loads the constants with these names, and what they have in them. Not interrupted.
        def self.call(names)
          Signals.defer do
            needed = names.map { |name| Native.const_get(name) }
            needed.grep(Module).each { |room| room.constants.each { |name| room.const_get(name) } }
          end
        end
      end
    end
  end
end
